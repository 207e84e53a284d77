/*
 * Lets user-mode-linux run on processors whose extended state (XSAVE) is larger than it knows of, those with AMX. It
 * hands the registers of a guest process to ptrace(2) in 2696 bytes, and the host's kernel takes nothing but the whole
 * area. This adds the rest, all zero: the initial state of what no program in the guest can use, because
 * user-mode-linux does not pass on the arch_prctl(2) by which a program asks for AMX.
 *
 * cc -shared -fPIC -O2 -o extended-state.so extended-state.c -ldl; LD_PRELOAD=./extended-state.so linux.uml ...
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

/* More than any processor has; XSAVE wants its area aligned, and ptrace its length in whole words. */
static _Alignas(64) unsigned char area[1 << 16];

typedef long ptrace_function(enum __ptrace_request request, pid_t pid, void *address, void *data);

long ptrace(enum __ptrace_request request, ...)
{
	static ptrace_function *next;
	static size_t area_bytes;
	va_list arguments;

	va_start(arguments, request);
	pid_t pid = va_arg(arguments, pid_t);
	void *address = va_arg(arguments, void *);
	void *data = va_arg(arguments, void *);
	va_end(arguments);

	if (next == NULL)
		next = (ptrace_function *)dlsym(RTLD_NEXT, "ptrace");
	if (request != PTRACE_SETREGSET || (uintptr_t)address != NT_X86_XSTATE)
		return next(request, pid, address, data);

	const struct iovec *given = data;
	if (area_bytes == 0) {
		struct iovec whole = { .iov_base = area, .iov_len = sizeof area };
		if (next(PTRACE_GETREGSET, pid, address, &whole) != 0)
			return -1;
		area_bytes = whole.iov_len;
		memset(area, 0, sizeof area);
	}
	if (given->iov_len >= area_bytes)
		return next(request, pid, address, data);

	struct iovec whole = { .iov_base = area, .iov_len = area_bytes };
	memcpy(area, given->iov_base, given->iov_len);
	return next(request, pid, address, &whole);
}

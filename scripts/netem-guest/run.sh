#!/usr/bin/env bash
# Gives any command a kernel with netem, and its own exit code back:
#
#   run.sh [--memory 4G] [--disk IMAGE] [--timeout 10m] COMMAND…
#
# Where the running kernel has netem, the command just runs. Elsewhere it runs as root in user-mode-linux, which is a
# Linux kernel that is a process, on the file system of this host, in the current folder, with the current environment.
#
#   --memory SIZE   of the guest; taken from the host as it is used
#   --disk IMAGE    a file that the guest has as the block device /dev/ubdb; what the guest writes to it is thrown away
#   --timeout TIME  after which the command is ended (exit code 124, like timeout(1))
#
# In the guest: one processor, slow system calls, no network but what the command makes; /tmp and /run are empty;
# SWARMLAB_NETEM_GUEST=1. Standard input is a terminal or a file, or else empty: a pipe is not passed on.
# Exit code 125: there was no guest, or it broke down.
set -euo pipefail
here=$(realpath "$(dirname "$0")")

fail() {
  echo "run.sh: $*" >&2
  exit 125
}

usage='usage: run.sh [--memory 4G] [--disk IMAGE] [--timeout 10m] COMMAND…'
memory=4G
disk=
limit=10m
while [ $# -gt 0 ]; do
  case $1 in
    --memory | --disk | --timeout)
      [ $# -ge 2 ] || fail "$1 needs a value ($usage)"
      case $1 in
        --memory) memory=$2 ;;
        --disk) disk=$2 ;;
        --timeout) limit=$2 ;;
      esac
      shift 2
      ;;
    --)
      shift
      break
      ;;
    -*) fail "unknown option $1 ($usage)" ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || fail "$usage"
[[ $memory =~ ^[1-9][0-9]*[MG]$ ]] || fail "--memory $memory: give megabytes or gigabytes, such as 512M or 4G"
[[ $limit =~ ^([1-9][0-9]*)([smh])$ ]] || fail "--timeout $limit: give seconds, minutes or hours, such as 90s or 10m"
case ${BASH_REMATCH[2]} in
  s) limit_seconds=${BASH_REMATCH[1]} ;;
  m) limit_seconds=$((BASH_REMATCH[1] * 60)) ;;
  h) limit_seconds=$((BASH_REMATCH[1] * 3600)) ;;
esac
[ -z "$disk" ] || [ -r "$disk" ] || fail "--disk $disk: no such file, or it cannot be read"

if "$here/kernel-has-netem.sh"; then
  exec timeout --foreground --kill-after=10s "$limit_seconds" "$@"
fi

# larger_than_uml_knows: whether this processor has registers that user-mode-linux cannot save by itself.
larger_than_uml_knows() {
  grep -qwE 'amx_tile|apx' /proc/cpuinfo
}

install_missing() {
  local missing=() as_root=()
  command -v linux.uml >/dev/null || missing+=(user-mode-linux)
  command -v modprobe >/dev/null || [ -x /sbin/modprobe ] || missing+=(kmod)
  command -v tc >/dev/null || missing+=(iproute2)
  ! larger_than_uml_knows || command -v cc >/dev/null || missing+=(gcc libc6-dev)
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null ||
    fail "this kernel, $(uname -r), has no netem, and user-mode-linux is not here: install ${missing[*]}"
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  {
    echo "run.sh: this kernel has no netem, installing ${missing[*]}"
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
      -o DPkg::Lock::Timeout=120 "${missing[@]}"
  } >&2 || fail "could not install ${missing[*]}"
}

[ "$(uname -m)" = x86_64 ] || fail "this kernel, $(uname -r), has no netem, and user-mode-linux is for x86-64 only"
install_missing

# Not in /tmp or /run, which the guest has of its own. Without blanks, which a kernel's command line cannot hold.
work=$(mktemp -d /var/tmp/netem-guest.XXXXXXXXXX)
guest=
terminal=
readers=()
# shellcheck disable=SC2317 # called on exit
clean_up() {
  [ -z "$guest" ] || { kill -KILL "$guest" && wait "$guest"; } 2>/dev/null || true
  [ -z "$terminal" ] || stty "$terminal" || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# What the guest's first process has to know (init.sh reads it).
command=("$@")
directory=$PWD
checkout=$(realpath "$here/../..")
interactive=false
one_output=false
[ ! -t 0 ] || [ ! -t 1 ] || interactive=true
host_name=$(uname -n)
rows=0
columns=0
ln -s "$here/init.sh" "$work/init"
export -p >"$work/environment"
if [ -f /dev/stdin ]; then
  cat >"$work/stdin"
else
  : >"$work/stdin"
fi

# The guest's serial lines: standard output and error, or the terminal. It makes its ends non-blocking, which must not
# happen to what this script was given.
if [ "$interactive" = true ]; then
  terminal=$(stty -g)
  read -r rows columns < <(stty size)
  exec 3<>/dev/tty
  lines=('ssl0=fd:3')
else
  exec 3> >(exec cat)
  readers+=($!)
  lines=('ssl0=null,fd:3')
  if [ /dev/stdout -ef /dev/stderr ]; then
    one_output=true # so that the order of lines is kept
  else
    exec 4> >(exec cat >&2)
    readers+=($!)
    lines+=('ssl1=null,fd:4')
  fi
fi
declare -p command directory checkout interactive one_output limit_seconds host_name rows columns >"$work/task"

parameters=("mem=$memory" rootfstype=hostfs rootflags=/ rw "init=$work/init" "uml_dir=$work/" umid=guest noreboot quiet
  'con0=null,fd:1' con=null "${lines[@]}")
if [ -n "$disk" ]; then
  ln -s "$(realpath "$disk")" "$work/disk"
  parameters+=("ubdb=$work/changes,$work/disk")
fi
uml=(env TMPDIR="$work" linux.uml "${parameters[@]}")
shared_memory_kilobytes=$(df --output=avail /dev/shm 2>/dev/null | tail -n 1 || echo 0)
needed_kilobytes=$(numfmt --from=iec --to-unit=1024 "$memory")
[ "$shared_memory_kilobytes" -lt "$needed_kilobytes" ] || uml=(env -u TMPDIR linux.uml "${parameters[@]}")
if larger_than_uml_knows; then
  cc -shared -fPIC -O2 -o "$work/extended-state.so" "$here/extended-state.c" -ldl || fail "cc failed"
  uml=(env "LD_PRELOAD=$work/extended-state.so" "${uml[@]}")
fi

# All processes of the guest end with this script, whatever happens: in a process namespace, which takes root, or else
# because the guest is asked to end. (In a user namespace files of root would have another owner.)
apart=(setpriv --pdeathsig TERM)
if unshare --pid --fork true 2>/dev/null; then
  # Its first process is a shell: a panic of the guest ends in abort(3), which cannot end a first process.
  # shellcheck disable=SC2016 # expanded by that shell
  apart=(setpriv --pdeathsig KILL unshare --pid --fork --kill-child=KILL sh -c '"$@"; exit $?' sh)
fi
grace_seconds=60 # to boot, and to halt
setpriv --pdeathsig KILL timeout --foreground --kill-after=5s $((limit_seconds + grace_seconds)) \
  "${apart[@]}" "${uml[@]}" <&0 >"$work/console" 2>&1 &
guest=$!
exec 3>&- 4>&-
guest_code=0
wait "$guest" || guest_code=$?
guest=
for reader in "${readers[@]}"; do
  wait "$reader" || true
done

if [ ! -s "$work/exit-code" ]; then
  cat "$work/console" >&2
  [[ $guest_code != 124 && $guest_code != 137 ]] || fail "the guest did not end within $limit and $grace_seconds s"
  fail "the guest broke down (exit code $guest_code)"
fi
exit "$(cat "$work/exit-code")"

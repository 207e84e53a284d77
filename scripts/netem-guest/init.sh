#!/bin/bash
# The first process of the guest that run.sh boots: sets up what a host has, runs the command, writes down its exit code
# and halts. Its own path is the work folder of run.sh.
work=$(dirname "$0")
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# What netem, links, containers and their networks need; the rest the kernel loads by itself when it is asked for.
modules=(
  sch_netem sch_htb sch_tbf sch_prio sch_fq_codel sch_ingress ifb
  cls_u32 cls_flower cls_matchall cls_basic cls_fw act_mirred act_gact act_skbedit
  veth bridge br_netfilter dummy tun overlay ipv6 af_packet_diag unix_diag udp_diag tcp_bbr
  ip_tables ip6_tables iptable_filter iptable_nat iptable_mangle ip6table_filter ip6table_nat
  nf_conntrack nf_nat xt_MASQUERADE xt_addrtype xt_conntrack xt_comment xt_mark xt_multiport xt_tcpudp xt_nat
)

halt() {
  sync
  # reboot(2) with RB_POWER_OFF: there is no init system that `poweroff` could speak to.
  exec perl -e 'syscall(169, 0xfee1dead, 672274793, 0x4321fedc)'
}

finish() {
  echo "$1" >"$work/exit-code"
  halt
}

# The host's file system is this guest's; what belongs to the host's kernel is not.
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mountpoint -q /dev || mount -t devtmpfs devtmpfs /dev

# What run.sh asks for.
command=() directory=/ checkout=/ interactive=false one_output=false limit_seconds=0 host_name='' rows=0 columns=0
# shellcheck source=/dev/null
. "$work/task"

mkdir -p /dev/pts /dev/shm /dev/mqueue
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t mqueue mqueue /dev/mqueue
ln -sfn /proc/self/fd /dev/fd
ln -sfn fd/0 /dev/stdin
ln -sfn fd/1 /dev/stdout
ln -sfn fd/2 /dev/stderr
mount -t cgroup2 cgroup2 /sys/fs/cgroup
read -ra controllers </sys/fs/cgroup/cgroup.controllers
for controller in "${controllers[@]}"; do
  echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control
done

mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/host-tmp
# The command may live in the host's /tmp: its folders stay visible in the guest's.
mount --bind /tmp /run/host-tmp
mount -t tmpfs -o mode=1777 tmpfs /tmp
for folder in "$checkout" "$directory"; do
  case $folder in
    /tmp/*)
      mkdir -p "$folder"
      mount --bind "/run/host-tmp/${folder#/tmp/}" "$folder"
      ;;
  esac
done

# The guest's modules lie where neither modprobe nor the kernel looks for them, and the host is left as it is.
mkdir -p /run/modules/lib/modules
ln -s "/usr/lib/uml/modules/$(uname -r)" /run/modules/lib/modules/
printf '#!/bin/sh\nexec %s --dirname /run/modules "$@"\n' "$(command -v modprobe)" >/run/modules/modprobe
chmod +x /run/modules/modprobe
echo /run/modules/modprobe >/proc/sys/kernel/modprobe
/run/modules/modprobe --all "${modules[@]}"

echo "$host_name" >/proc/sys/kernel/hostname
ip link set lo up
ulimit -n 65536

# shellcheck source=/dev/null
. "$work/environment"
export PATH=/run/modules:$PATH SWARMLAB_NETEM_GUEST=1
[ -z "${TMPDIR:-}" ] || mkdir -p "$TMPDIR"
cd "$directory" || finish 125

limited=(timeout --kill-after=10s "$limit_seconds" "${command[@]}")
if [ "$interactive" = true ]; then
  stty -F /dev/ttyS0 sane rows "$rows" cols "$columns"
  setsid --ctty --wait timeout --foreground "${limited[@]:1}" </dev/ttyS0 >/dev/ttyS0 2>&1
  code=$?
else
  # The command sees pipes, not a terminal. Who still holds one when it has ended is not waited for long.
  stty -F /dev/ttyS0 raw -echo
  mkfifo /run/output
  cat </run/output >/dev/ttyS0 &
  outputs=($!)
  if [ "$one_output" = true ]; then
    "${limited[@]}" <"$work/stdin" >/run/output 2>&1
    code=$?
  else
    stty -F /dev/ttyS1 raw -echo
    mkfifo /run/errors
    cat </run/errors >/dev/ttyS1 &
    outputs+=($!)
    "${limited[@]}" <"$work/stdin" >/run/output 2>/run/errors
    code=$?
  fi
  for ((round = 0; round < 30; round++)); do
    kill -0 "${outputs[@]}" 2>/dev/null || break
    sleep 0.1
  done
fi
stty -F /dev/ttyS0 raw # waits until the host has all output
[ "$interactive" = true ] || [ "$one_output" = true ] || stty -F /dev/ttyS1 raw
finish "$code"

#!/bin/sh
# in-container.sh HOSTS RESOLV_CONF WRITABLE COMMAND…: runs the command as process 1 of namespaces of its own, with
# these files in place of those in /etc, and all of the file system read-only but one folder. With a user namespace,
# nobody needs to be root. When this is killed, so is the command.
set -eu
if [ "$$" != 1 ]; then
  exec unshare --user --map-root-user --mount --pid --fork --kill-child "$0" "$@"
fi
mount --bind "$1" /etc/hosts
mount --bind "$2" /etc/resolv.conf
writable=$3
shift 3
mount --bind "$writable" "$writable"
while read -r _ target _ options _; do
  [ "$target" = "$writable" ] && continue
  # What else a mount is restricted by may not be lifted.
  kept=$(printf %s "$options" | tr , '\n' | grep -E '^(nosuid|nodev|noexec|noatime|relatime)$' | tr '\n' ,)
  mount -o "remount,bind,ro,${kept%,}" "$target" 2>/dev/null || true
done </proc/self/mounts
exec "$@"

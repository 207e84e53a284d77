# shellcheck shell=bash
# Sourced by the scripts beside it: where an engine that start.sh started keeps its state, and whether it still lives.

# shellcheck disable=SC2034 # used where this is sourced
default_state=/run/swarmlab-docker

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# start_time PID: the clock tick at which the process began (proc(5), field 22). A process id may be given to another
# process later; a process id together with this number may not.
start_time() {
  local fields
  fields=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  fields=${fields##*) } # the name before it may hold blanks and brackets
  cut -d ' ' -f 20 <<<"$fields"
}

# running_engine STATE: prints the process id of the engine started with this state folder, fails when there is none.
running_engine() {
  local pid started
  [ -e "$1/process" ] || return 1
  read -r pid started <"$1/process"
  [ "$(start_time "$pid")" = "$started" ] || return 1
  echo "$pid"
}

# engine_version [SOCKET]: prints the version of the engine that answers, there or where the environment says.
engine_version() {
  if [ $# -gt 0 ]; then
    docker --host "unix://$1" version --format '{{.Server.Version}}' 2>/dev/null
  else
    docker version --format '{{.Server.Version}}' 2>/dev/null
  fi
}

#!/bin/sh
# The runner of one launch: runs the command in the foreground, applies the restart policy, and writes what
# happened into the journal beside it. docs/decisions/0002-runner-and-launch-record.md is its contract,
# docs/decisions/0021-log-writer.md that of the log.
#
#   runner.sh <no|on-failure|always> <max restarts> <back-off ms> <success codes, by comma> <pipe|file> <log> <log bytes> <cgroup.procs | -> command...
#
# Every variable has a prefix of its own: a name that came with the environment would be handed to the command changed.
_envctl_dir=${0%/*}

# Sets _envctl_pid and _envctl_ticks of the shell or subshell that calls it: a builtin opens /proc/self as that
# process, where $$ would name the outer shell.
_envctl_self() {
  if read -r _envctl_stat 2>/dev/null </proc/self/stat; then
    _envctl_pid=${_envctl_stat%% *}
    set -- ${_envctl_stat##*) }
    shift 19
    _envctl_ticks=$1
  else
    _envctl_pid=$$ _envctl_ticks=0
  fi
}

# One line, one write(2) on an append descriptor: there whole or not at all.
_envctl_note() { printf '%s\n' "$*" 2>/dev/null >>"$_envctl_dir/journal"; }

_envctl_now() {
  _envctl_at=$(command -p date +%s%3N 2>/dev/null)
  case $_envctl_at in '' | *[!0-9]*) _envctl_at=$(command -p date +%s)000 ;; esac
}

# Sets _envctl_size of the log.
_envctl_measure() { _envctl_size=$(command -p wc -c 2>/dev/null <"$_envctl_log") || _envctl_size=0; }

_envctl_self
# Without a record of the runner nothing may start: the launch directory is gone, or the disk is full.
_envctl_note runner "$_envctl_pid" "$_envctl_ticks" || exit 74
# A handler, not 'ignore': the command gets the default action back.
trap : HUP INT QUIT TERM USR1 USR2 ALRM PIPE
_envctl_when=$1 _envctl_max=$2 _envctl_backoff=$3 _envctl_good=,$4, _envctl_output=$5 _envctl_log=$6 _envctl_bytes=$7 _envctl_cgroup=$8
shift 8
# A shell says 'Terminated' on its stderr; the log is the command's alone.
exec 3>&2 2>/dev/null
if [ "$_envctl_output" = pipe ]; then . "$_envctl_dir/writer.sh"; fi
[ "$_envctl_cgroup" = - ] || { printf '0\n' >"$_envctl_cgroup"; } 2>/dev/null

_envctl_restarts=0 _envctl_delay=$_envctl_backoff _envctl_code=143 _envctl_begin=0 _envctl_end=0 _envctl_writer=
while [ ! -e "$_envctl_dir/stop" ]; do
  read -r _envctl_begin _envctl_stat 2>/dev/null </proc/uptime
  _envctl_piped=
  if [ "$_envctl_output" = pipe ] && _envctl_open_pipe; then
    _envctl_piped=yes
  elif [ "$_envctl_restarts" -gt 0 ]; then
    exec >>"$_envctl_log" 3>&1
  fi
  (
    if [ "$_envctl_piped" ]; then exec >&6 2>&7 6>&- 7>&-; else exec 2>&3 3>&-; fi
    _envctl_self
    _envctl_note child "$_envctl_restarts" "$_envctl_pid" "$_envctl_ticks"
    # The stop file is written before the signal is sent. A signal that came before this subshell could die of it
    # is therefore seen here; one that comes later finds the default action.
    [ -e "$_envctl_dir/stop" ] && exit 143
    # Variables that no shell can carry; see environment-file.ts.
    [ -e "$_envctl_dir/environment" ] && . "$_envctl_dir/environment"
    exec "$@"
  )
  _envctl_code=$?
  _envctl_now
  _envctl_note ended "$_envctl_restarts" "$_envctl_code" "$_envctl_at"
  [ "$_envctl_piped" ] && _envctl_close_pipe
  [ -e "$_envctl_dir/stop" ] && break
  case $_envctl_when in
    always) ;;
    on-failure) case $_envctl_good in *,"$_envctl_code",*) break ;; esac ;;
    *) break ;;
  esac
  [ "$_envctl_restarts" -ge "$_envctl_max" ] && break

  # A minute of work clears the back-off; else it doubles, to at most half a minute.
  read -r _envctl_end _envctl_stat 2>/dev/null </proc/uptime
  [ $((${_envctl_end%.*} - ${_envctl_begin%.*})) -ge 60 ] && _envctl_delay=$_envctl_backoff
  _envctl_ms=$((1000 + _envctl_delay % 1000))
  command -p sleep "$((_envctl_delay / 1000)).${_envctl_ms#1}"
  _envctl_delay=$((_envctl_delay * 2))
  [ "$_envctl_delay" -gt 30000 ] && _envctl_delay=30000
  [ "$_envctl_delay" -lt "$_envctl_backoff" ] && _envctl_delay=$_envctl_backoff
  [ -e "$_envctl_dir/stop" ] && break
  _envctl_restarts=$((_envctl_restarts + 1))

  _envctl_measure
  if [ ! "$_envctl_piped" ] && [ "$_envctl_size" -gt "$_envctl_bytes" ] && command -p mv -f "$_envctl_log" "$_envctl_log.1" 2>/dev/null &&
    (umask 077 && true >>"$_envctl_log") 2>/dev/null; then
    _envctl_note rotated "$((_envctl_size))"
    _envctl_size=0
  fi
  _envctl_note log "$_envctl_restarts" $_envctl_size
done
[ "${_envctl_at:-}" ] || _envctl_now
_envctl_note exit "$_envctl_code" "$_envctl_at"
exit "$_envctl_code"

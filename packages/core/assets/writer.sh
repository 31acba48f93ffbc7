# The pipe between the command of a launch and its log, and the writer behind it, for runner.sh.
# docs/decisions/0021-log-writer.md is its contract.

# Opens the pipe as the descriptors 6 and 7, with a writer behind it; fails where there is none to be had. Two of them: what a program
# changes of its output, as Node does, is no change of the errors of another.
_envctl_open_pipe() { _envctl_join_pipe || _envctl_begin_pipe; }

# All lives of a launch have one pipe and one writer: what a former one left behind may still speak to it.
_envctl_join_pipe() {
  _envctl_is_writing && [ -p "$_envctl_pipe" ] && command exec 4<>"$_envctl_pipe" || return 1
  # Either this life takes the name away, or the writer that has heard everybody out: whoever comes second knows that he is.
  if command -p mv "$_envctl_pipe" "$_envctl_dir/output.$_envctl_restarts" 2>/dev/null && [ -p "$_envctl_dir/output.$_envctl_restarts" ]; then
    _envctl_pipe=$_envctl_dir/output.$_envctl_restarts
    command exec 6>"$_envctl_pipe" 7>"$_envctl_pipe" 4>&- && return
  fi
  command -p rm -f "$_envctl_dir/output.$_envctl_restarts"
  exec 4>&- 6>&- 7>&-
  return 1
}

_envctl_begin_pipe() {
  _envctl_pipe=$_envctl_dir/output
  [ -p "$_envctl_pipe" ] || command -p mkfifo -m 600 "$_envctl_pipe" 2>/dev/null || return 1
  # Both ends in turn: to open one alone would wait for the other.
  command exec 4<>"$_envctl_pipe" && command exec 5<"$_envctl_pipe" 6>"$_envctl_pipe" 7>"$_envctl_pipe" 4>&- || return 1
  (_envctl_write_log) <&5 >/dev/null 2>&1 3>&- 5<&- 6>&- 7>&- &
  _envctl_writer=$!
  exec >/dev/null 3>&- 5<&-
}

# It is a child of this shell, and no zombie.
_envctl_is_writing() {
  [ "$_envctl_writer" ] && read -r _envctl_stat 2>/dev/null <"/proc/$_envctl_writer/stat" || return 1
  case ${_envctl_stat##*) } in [!ZX]" $_envctl_pid "*) ;; *) return 1 ;; esac
}

# Waits until all that the command said is in the log; not for ever: it may have left somebody behind who can still speak.
_envctl_close_pipe() {
  exec 6>&- 7>&-
  for _envctl_pause in 0.005 0.01 0.02 0.05 0.1 0.3 0.5; do
    [ -e "$_envctl_dir/stop" ] && return
    _envctl_is_writing || return
    command -p sleep "$_envctl_pause"
  done
}

# Copies at most so many reads of at most 4096 bytes from stdin to stdout, as they come; sets _envctl_reads, fewer at the
# end of the input, and fails where the output takes no more.
_envctl_copy() {
  # The duplicate keeps the redirection of the function from that of the substitution.
  { _envctl_said=$(LC_ALL=C command -p dd bs=4096 count="$1" 2>&1 >&7); } 7>&1
  _envctl_failed=$?
  # "<whole>+<partial> records in", after what else it has to say.
  _envctl_said=${_envctl_said%% records in*}
  _envctl_said=${_envctl_said##*[!0-9+]}
  case $_envctl_said in *[0-9]+[0-9]*) ;; *) _envctl_said=0+0 ;; esac
  _envctl_reads=$((${_envctl_said%+*} + ${_envctl_said#*+}))
  return "$_envctl_failed"
}

# The log becomes the older generation. The line in flight is finished before, what follows it in the same read goes to the new one.
_envctl_rotate() {
  _envctl_part=$_envctl_dir/part.$_envctl_pid _envctl_tries=0
  # Not ':': a shell ends when a special builtin cannot be redirected.
  true >"$_envctl_part" || return 1
  _envctl_ends=$(command -p tail -c 1 "$_envctl_log" | command -p wc -l)
  while [ "$_envctl_ends" -eq 0 ] && [ "$_envctl_tries" -lt 1024 ]; do
    _envctl_tries=$((_envctl_tries + 1))
    _envctl_copy 1 >"$_envctl_part" && [ "$_envctl_reads" -gt 0 ] || break
    command -p head -n 1 "$_envctl_part" >>"$_envctl_log"
    _envctl_ends=$(command -p wc -l <"$_envctl_part")
  done
  _envctl_kept=$(command -p head -n 1 "$_envctl_part" | command -p wc -c)
  command -p mv -f "$_envctl_log" "$_envctl_log.1" && _envctl_note rotated "$((_envctl_size))"
  command -p tail -c "+$((_envctl_kept + 1))" "$_envctl_part" >>"$_envctl_log"
  command -p rm -f "$_envctl_part"
}

# The writer: takes what the lives of the command and their children say into the log until the last of them has closed the pipe.
_envctl_write_log() {
  # Ignored, not handled: the programs it starts outlive a signal to the group as well.
  trap '' HUP INT QUIT TERM USR1 USR2 ALRM PIPE
  umask 077
  _envctl_self
  _envctl_least=$((_envctl_bytes / 65536))
  [ "$_envctl_least" -gt 256 ] && _envctl_least=256
  [ "$_envctl_least" -lt 1 ] && _envctl_least=1
  while :; do
    _envctl_listen
    # The name it had when this began: a life that came since has given it another one, and there is more to hear.
    command -p rm "$_envctl_pipe" 2>/dev/null && return
    [ -e "$_envctl_pipe" ] && return
    for _envctl_pipe in "$_envctl_dir"/output*; do [ -p "$_envctl_pipe" ] && continue 2; done
    return
  done
}

# Fills the log, and rotates it, until nobody has the pipe open.
_envctl_listen() {
  _envctl_reads=0 _envctl_count=0
  while [ "$_envctl_reads" -ge "$_envctl_count" ]; do
    _envctl_measure
    [ "$_envctl_size" -lt "$_envctl_bytes" ] || { _envctl_rotate && _envctl_measure; }
    _envctl_count=$(((_envctl_bytes - _envctl_size + 4095) / 4096))
    [ "$_envctl_count" -lt "$_envctl_least" ] && _envctl_count=$_envctl_least
    # A log that cannot be opened is no copy at all.
    _envctl_failed=1
    _envctl_copy "$_envctl_count" >>"$_envctl_log"
    if [ "$_envctl_failed" -gt 128 ]; then
      # Somebody ended the one that copies: another takes its place.
      _envctl_count=0
    elif [ "$_envctl_failed" -ne 0 ]; then
      # A disk that takes no more must not keep the command waiting.
      _envctl_count=16
      _envctl_copy 16 >/dev/null
    fi
  done
}

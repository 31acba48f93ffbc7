"""Types a line into an interactive shell, tabs included, and waits until it ran.

usage: typed-line.py TIMEOUT_SECONDS LINE COMMAND...   The shell's prompt is READY> once it is set up, and the line
prints DONE! when it ran. Exit 1, with what was seen on stderr, when either does not come in time.
"""
import os, pty, select, sys, time

deadline = time.monotonic() + float(sys.argv[1])
line = sys.argv[2]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[3], sys.argv[3:])
seen = b""


def wait_for(mark, start):
    global seen
    while mark not in seen[start:]:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            sys.stderr.write(seen.decode(errors="replace"))
            os.kill(pid, 9)
            sys.exit(1)
        try:
            seen += os.read(fd, 4096)
        except OSError:
            sys.stderr.write(seen.decode(errors="replace"))
            sys.exit(1)


wait_for(b"READY>", 0)
os.write(fd, line.encode())
wait_for(b"DONE!", 0)
os.write(fd, b"\x04")
os.close(fd)

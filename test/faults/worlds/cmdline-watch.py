"""Collects every command line that shows in /proc until stdin closes, then prints each once."""
import os
import select
import sys

seen = set()
print("watching", flush=True)
while not select.select([sys.stdin], [], [], 0.003)[0]:
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    seen.add(file.read())
            except OSError:
                pass
sys.stdout.buffer.write(b"\n".join(words.replace(b"\0", b" ") for words in seen))

"""Counts what is there, from the kernel and the file system alone; shares no code with envctl.

census.py <runtime root> <store root>: prints one JSON document. Process 1, this process and its ancestors do not count, zombies neither.
"""
import json
import os
import sys


def text(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def stat_of(pid):
    head, _, rest = text(f"/proc/{pid}/stat").rpartition(b")")
    fields = rest.split()
    return None if not fields else {"comm": head.partition(b"(")[2].decode(errors="replace"), "state": fields[0].decode(), "ppid": int(fields[1])}


def ancestors(pid):
    found = set()
    while pid > 0 and pid not in found:
        found.add(pid)
        stat = stat_of(pid)
        pid = stat["ppid"] if stat else 0
    return found


def processes():
    own = ancestors(os.getpid()) | {1}
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) in own:
            continue
        stat = stat_of(name)
        if stat is None or stat["state"] in "ZX":
            continue
        words = text(f"/proc/{name}/cmdline").replace(b"\0", b" ").decode(errors="replace").strip()
        # Without memory of its own it runs nothing any more: it is about to be a zombie.
        if words == "" and text(f"/proc/{name}/statm").startswith(b"0 "):
            continue
        yield {"pid": int(name), "comm": stat["comm"], "words": words}


def listeners():
    for table in ("tcp", "tcp6"):
        for line in text(f"/proc/self/net/{table}").decode().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                yield int(fields[1].rpartition(":")[2], 16)


def below(root):
    for directory, names, files in os.walk(root):
        for name in names + files:
            yield os.path.join(directory, name)


def main(runtime, store):
    paths = [*below(runtime), *below(store)]
    held = []
    for path in paths:
        if os.path.dirname(path) == os.path.join(runtime, "leases") and path.endswith(".json") and os.path.basename(path)[:-5].isdigit():
            held.append(int(os.path.basename(path)[:-5]))
    temporary = [path for path in paths if os.path.basename(path).startswith(".envctl-tmp-") or ".building-" in os.path.basename(path)]
    launches = [path for path in paths if os.path.basename(os.path.dirname(path)) == "launches"]
    print(json.dumps({
        "processes": sorted(processes(), key=lambda entry: entry["pid"]),
        "listeners": sorted(set(listeners())),
        "leases": sorted(held),
        "temporary": sorted(temporary),
        "launches": sorted(launches),
    }))


main(sys.argv[1], sys.argv[2])

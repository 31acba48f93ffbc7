#!/usr/bin/env python3
"""Counts what is there, knowing only the kernel's tables and the names of files. Shares no code with envctl.

    survivors.py --runtime DIR --store DIR [--allow PID]... [--serve]

Prints one line of JSON facts, with --serve one for each line read; judging them is the caller's business. Run it in
a pid and network namespace of its own: then every process and every listener in it counts. Zombies do not.
"""
import argparse
import json
import os
import re
import sys

TEMPORARY = re.compile(r"^\.envctl-(tmp|claim)-|\.building-[0-9a-f]+$|\.(tmp|new)$|^initdb-password$")
POINTER = re.compile(r"^\.last_state(\..+)?$")


def text(path):
    with open(path, "rb") as file:
        return file.read().decode("utf-8", "replace")


def processes(allowed):
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) in allowed:
            continue
        try:
            stat = text(f"/proc/{name}/stat")
            command = text(f"/proc/{name}/cmdline").replace("\0", " ").strip()
            # Without memory of its own it runs nothing any more: it is about to be a zombie.
            ending = command == "" and text(f"/proc/{name}/statm").startswith("0 ")
        except OSError:
            continue
        comm = stat[stat.index("(") + 1 : stat.rindex(")")]
        state, parent = stat[stat.rindex(")") + 2 :].split(" ")[:2]
        if state not in "ZX" and not ending:
            found.append({"pid": int(name), "parent": int(parent), "command": command or f"[{comm}]"})
    return sorted(found, key=lambda process: process["pid"])


def listeners():
    ports = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = text(table).splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == "0A":
                ports.add(int(fields[1].rsplit(":", 1)[1], 16))
    return sorted(ports)


def cgroups():
    mount = own = None
    for line in text("/proc/self/mounts").splitlines():
        if line.split(" ")[2] == "cgroup2":
            mount = line.split(" ")[1]
    for line in text("/proc/self/cgroup").splitlines():
        if line.startswith("0::"):
            own = line[3:]
    if mount is None or own is None:
        return []
    below = os.walk(os.path.join(mount, own.lstrip("/")))
    return sorted(os.path.join(path, name) for path, names, _ in below for name in names if name.startswith("envctl-"))


def walk(top):
    """Directories and files below, without the insides of data and program directories of servers, and of those that are being built."""
    for path, directories, files in os.walk(top):
        for name in directories + files:
            yield path, name
        directories[:] = [name for name in directories if not re.match(r"^(cluster|data|server-.*)$", name) and not TEMPORARY.search(name)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runtime", required=True)
    parser.add_argument("--store", required=True)
    parser.add_argument("--allow", type=int, action="append", default=[])
    parser.add_argument("--serve", action="store_true")
    options = parser.parse_args()
    for _ in sys.stdin if options.serve else [""]:
        json.dump(count(options), sys.stdout)
        print(flush=True)


def count(options):
    facts = {
        "processes": processes({os.getpid(), *options.allow}),
        "listeners": listeners(),
        "cgroups": cgroups(),
        "leases": [],
        "temporary": [],
        "launches": [],
        "ledger": [],
        "sockets": [],
        "holders": [],
        "data": [],
        "unreadable": [],
        "states": {},
        "pointers": {},
    }
    for top in (options.runtime, options.store):
        for path, name in walk(top):
            full = os.path.join(path, name)
            parent = os.path.basename(path)
            if TEMPORARY.search(name):
                facts["temporary"].append(full)
                continue
            if re.match(r"^\.s\.PGSQL\.\d+", name):
                facts["sockets"].append(full)
            if os.path.dirname(path) == options.store and name != "launches" and os.path.basename(path) != "s":
                facts["data"].append(full)
            if parent == "launches":
                facts["launches"].append(full)
            if POINTER.match(name):
                read_pointer(full, facts)
            if name.endswith((".json", ".jsonl")):
                read_json(full, parent, name, facts)
    return facts


def read_json(full, parent, name, facts):
    try:
        content = text(full)
        documents = [json.loads(line) for line in content.splitlines()] if name.endswith(".jsonl") else [json.loads(content)]
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        facts["unreadable"].append(f"{full}: {error}")
        return
    if parent == "leases":
        document = documents[0]
        facts["leases"].append({"path": full, "state": document.get("state"), "port": document.get("port")})
    if parent == "ledger":
        facts["ledger"].append({"path": full, "kind": documents[0].get("step", {}).get("kind")})
    if parent == "instances":
        facts["holders"] += [f"{full}: {holder}" for holder in documents[0].get("holders", [])]
    if name == "run_state.json":
        facts["states"][full] = {
            "run": documents[0].get("run_id"),
            "services": {key: value.get("actual_port") for key, value in documents[0].get("services", {}).items()},
        }


def read_pointer(full, facts):
    """A pointer resolves when it names a run state that parses."""
    try:
        target = text(full).strip()
        facts["pointers"][full] = json.loads(text(target))["run_id"]
    except (OSError, ValueError, KeyError) as error:
        facts["unreadable"].append(f"pointer {full}: {error}")


main()

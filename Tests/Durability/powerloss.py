#!/usr/bin/env python3
"""Cuts the power of the embedded store at many points, and looks for what was acknowledged.

  powerloss.py [--commits N] [--cuts N] [--seed N] [--without-syncs]

The server runs under a library that records its writes, syncs and unlinks in order (`shim.c` of the shared tools). Each
cut rebuilds a disk as it could be then: what was synced is there; of what was not, each 4 KiB of a write, each
truncation and each unlink is there or not, at random. The file must then be sound, and hold for each client the state
of its last acknowledged request, or of the one that was under way. Some of the disks are served by the real server too.

`--without-syncs` takes no sync for one, as with `PRAGMA synchronous = OFF`: it must fail, or this finds nothing.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading

from server import ROOT, Server

SHIM = ROOT.parent / "shared/tools/powerloss/shim.c"
STORE = "cluster.sqlite"
PATH = "/apis/k8s.cni.cncf.io/v1/namespaces/default/network-attachment-definitions"
CLIENTS = 8
# Of an object: created, changed, deleted, and again.
LIFE = 10
PIECE = 4096
# Disks that the real server must start from: each takes a process.
SERVED = 10


def kind(step):
    return "create" if step % LIFE == 0 else "delete" if step % LIFE == LIFE - 1 else "patch"


class Recorder:
    """The log of the shim, in which acknowledgements stand between the server's own operations."""

    def __init__(self, path):
        self.path = path
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def acknowledge(self, client, step, version):
        data = f"{client} {step} {version}".encode()
        record = struct.pack("<cHQQ", b"w", 3, 0, len(data)) + b"ack" + data
        assert os.write(self.descriptor, record) == len(record)

    def operations(self):
        log, position, operations = pathlib.Path(self.path).read_bytes(), 0, []
        while position < len(log):
            operation, name_length, offset, length = struct.unpack_from("<cHQQ", log, position)
            position += 19
            name = os.path.basename(log[position:position + name_length].decode())
            position += name_length
            data = log[position:position + length]
            position += length
            if name == "ack" or name.startswith(STORE) and not name.endswith("-shm"):
                operations.append((operation, name, offset, data))
            elif operation == b"s":
                operations.append((operation, None, 0, b""))
        return operations


def load(server, client, steps, recorder, failures):
    """One client's requests, one after the other on one object."""
    connection = server.client()
    try:
        generator = random.Random(client)
        for step in range(steps):
            name = f"net-{client}"
            annotations = {"step": str(step), "filler": "x" * generator.randrange(6000)}
            if kind(step) == "create":
                body = {
                    "apiVersion": "k8s.cni.cncf.io/v1", "kind": "NetworkAttachmentDefinition",
                    "metadata": {"name": name, "annotations": annotations}, "spec": {"config": "{}"},
                }
                status, answer = connection.request("POST", PATH, body)
            elif kind(step) == "delete":
                status, answer = connection.request("DELETE", f"{PATH}/{name}")
            else:
                status, answer = connection.request(
                    "PATCH", f"{PATH}/{name}", {"metadata": {"annotations": annotations}},
                    "application/merge-patch+json")
            if status not in (200, 201):
                raise RuntimeError(f"step {step} of client {client}: {status} {answer}")
            version = int(answer["metadata"].get("resourceVersion", 0))
            recorder.acknowledge(client, step, version)
    except Exception as error:
        failures.append(error)
    finally:
        connection.close()


def record(directory, commits):
    """Runs the load and answers what the disk was told."""
    library = directory / "shim.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, SHIM, "-ldl"], check=True)
    data = directory / "data"
    recorder = Recorder(directory / "log")
    server = Server(
        data, {"LD_PRELOAD": str(library), "PL_DIR": str(data), "PL_LOG": str(recorder.path)}, ["--threads", "1"])
    failures = []
    clients = [
        threading.Thread(target=load, args=(server, client, commits // CLIENTS, recorder, failures))
        for client in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    status = server.stop()
    if failures or status != 0:
        raise RuntimeError(f"the load failed: {failures}, exit status {status}")
    return recorder.operations()


class Disk:
    """What is durable, and what may be."""

    def __init__(self, honours_syncs):
        self.honours_syncs = honours_syncs
        self.files = {}
        self.pending = {}
        self.acknowledged = {}
        self.version = 0

    @staticmethod
    def apply(files, operation, name, offset, data):
        if operation == b"u":
            files.pop(name, None)
            return
        content = files.setdefault(name, bytearray())
        if len(content) < offset:
            content.extend(bytes(offset - len(content)))
        if operation == b"w":
            content[offset:offset + len(data)] = data
        else:
            del content[offset:]

    def take(self, operation, name, offset, data):
        if name == "ack":
            client, step, version = map(int, data.split())
            self.acknowledged[client] = step
            self.version = max(self.version, version)
        elif operation == b"s":
            if self.honours_syncs and name is not None:
                for one in self.pending.pop(name, []):
                    self.apply(self.files, *one)
            elif self.honours_syncs:
                self.synchronize_directory()
        else:
            self.pending.setdefault(name, []).append((operation, name, offset, data))

    def synchronize_directory(self):
        """Unlinks are durable now, and what came before them on the same file is of no more account."""
        for name, operations in self.pending.items():
            last = max((index for index, one in enumerate(operations) if one[0] == b"u"), default=None)
            if last is not None:
                self.files.pop(name, None)
                del operations[:last + 1]

    def cut(self, generator):
        """The files as they may be found afterwards."""
        files = {name: bytearray(content) for name, content in self.files.items()}
        for operations in self.pending.values():
            share = generator.choice((0, 0.1, 0.5, 0.9, 1))
            for operation, name, offset, data in operations:
                if operation != b"w":
                    if generator.random() < share:
                        self.apply(files, operation, name, offset, data)
                    continue
                for start in range(0, len(data), PIECE):
                    if generator.random() < share:
                        self.apply(files, operation, name, offset + start, data[start:start + PIECE])
        return files


def fault(path, acknowledged, version):
    """What is wrong with the store: a kind and a description; `None` if nothing is."""
    store = sqlite3.connect(path)
    try:
        with store:
            soundness = store.execute("PRAGMA integrity_check").fetchone()[0]
            if soundness != "ok":
                return "corrupt", soundness
            tables = {row[0] for row in store.execute("SELECT name FROM sqlite_master")}
            rows = store.execute("SELECT name, body FROM objects WHERE name LIKE 'net-%'") if "objects" in tables else []
            steps = {int(name[4:]): int(json.loads(body)["metadata"]["annotations"]["step"]) for name, body in rows}
            found = store.execute("SELECT resource_version FROM sequence").fetchone()[0] if "sequence" in tables else 0
    except (sqlite3.Error, ValueError, KeyError) as error:
        return "corrupt", str(error)
    finally:
        store.close()
    if found < version:
        return "lost", f"resourceVersion {found}, acknowledged {version}"
    for client, step in acknowledged.items():
        possible = {None if kind(one) == "delete" else one for one in (step, step + 1)}
        if steps.get(client) not in possible:
            return "lost", f"client {client}: step {steps.get(client)}, acknowledged {step}"
    return None


def replay(operations, cuts, seed, honours_syncs, directory, served):
    """Cuts the power `cuts` times; answers how often the store was corrupt, and how often it had lost something."""
    generator = random.Random(seed)
    points = sorted(generator.randrange(1, len(operations) + 1) for _ in range(cuts))
    to_serve = set(generator.sample(range(cuts), min(served, cuts)))
    disk, position, counts = Disk(honours_syncs), 0, {"corrupt": 0, "lost": 0}
    for number, point in enumerate(points):
        while position < point:
            disk.take(*operations[position])
            position += 1
        files = disk.cut(generator)
        if STORE not in files and not disk.acknowledged:
            continue
        place = directory / "disk"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for name, content in files.items():
            (place / name).write_bytes(content)
        if number in to_serve:
            Server(place).stop()
        found = fault(place / STORE, disk.acknowledged, disk.version)
        if found:
            counts[found[0]] += 1
            if counts[found[0]] <= 3:
                print(f"cut after operation {point} of {len(operations)}: {found[0]}: {found[1]}")
    return counts["corrupt"], counts["lost"]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--commits", type=int, default=2000)
    arguments.add_argument("--cuts", type=int, default=5000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--without-syncs", action="store_true")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        operations = record(directory, options.commits)
        corrupt, lost = replay(
            operations, options.cuts, options.seed, not options.without_syncs, directory,
            0 if options.without_syncs else SERVED)
    print(
        f"{options.cuts} power cuts over {len(operations)} operations of {options.commits} commits: "
        f"{corrupt} corrupt, {lost} with an acknowledged write lost")
    sys.exit(1 if corrupt or lost else 0)


if __name__ == "__main__":
    main()

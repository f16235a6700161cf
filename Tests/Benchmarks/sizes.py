#!/usr/bin/env python3
"""Shows how the cost of the embedded cluster grows with its objects: 100, 10 000 and 100 000 VMIs.

  sizes.py BINARY [COUNT...]

As bench.py: loopback only, one serving thread, the load from the same machine. A size takes a minute or less.
"""

import json
import pathlib
import re
import selectors
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True

import bench
from servers import TOKEN, Ours

WATCHERS = 500
CHANGES = 20
WRITES = 6_400


def rate(ours, uris, clients, requests):
    """Requests a second, and µs of the server's CPU for each."""
    file = pathlib.Path(ours.directory, "uris")
    file.write_text("".join(f"https://127.0.0.1:{ours.port}{uri}\n" for uri in uris))
    before = ours.cpu()
    done = subprocess.run(
        ["h2load", "--h1", "-t1", f"-c{clients}", f"-n{requests}", "-i", str(file),
         "-H", f"Authorization: Bearer {TOKEN}"],
        check=True, capture_output=True, text=True, timeout=300)
    accepted = int(re.search(r"(\d+) 2xx", done.stdout)[1])
    if accepted != requests:
        raise SystemExit(f"{requests} requests, {accepted} were answered 2xx")
    seconds = float(re.search(r"finished in ([\d.]+)(ms|s)", done.stdout)[1])
    seconds /= 1000 if "ms," in done.stdout.split("finished in")[1][:16] else 1
    return requests / seconds, (ours.cpu() - before) / requests * 1e6


def whole_list(ours, name):
    """Seconds of a list of everything, and the worst wait in ms of a client that reads one object again and again."""
    waits, is_over = [], threading.Event()

    def other():
        connection = bench.Connection(ours.context(), ours.port)
        while not is_over.is_set():
            began = time.perf_counter()
            connection.request("GET", f"{bench.VMIS}/{name}", b"")
            waits.append(time.perf_counter() - began)

    reader = threading.Thread(target=other)
    reader.start()
    began = time.perf_counter()
    subprocess.run(
        ["curl", "-sS", "--fail", "--cacert", ours.pki("ca.crt"), "-A", "bench", "-o", "/dev/null", "-H",
         f"Authorization: Bearer {TOKEN}", f"https://127.0.0.1:{ours.port}{bench.VMIS}"], check=True, timeout=120)
    elapsed = time.perf_counter() - began
    is_over.set()
    reader.join()
    return elapsed, max(waits) * 1000


def fan_out(ours):
    """Events a second to all watchers together, and µs of the server's CPU for each."""
    context, watches = ours.context(), selectors.DefaultSelector()
    start = json.loads(bench.Connection(context, ours.port).request("GET", f"{bench.VMIS}?limit=1", b"")[1])
    version = start["metadata"]["resourceVersion"]
    for _ in range(WATCHERS):
        connection = bench.Connection(context, ours.port).socket
        connection.sendall(
            f"GET {bench.VMIS}?watch=1&resourceVersion={version} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        connection.setblocking(False)
        watches.register(connection, selectors.EVENT_READ)
    before, began, seen = ours.cpu(), time.perf_counter(), 0
    creator = threading.Thread(target=bench.instances, args=(ours, CHANGES))
    creator.start()
    while seen < WATCHERS * CHANGES:
        for key, _ in watches.select(30):
            try:
                while piece := key.fileobj.recv(1 << 16):
                    seen += piece.count(b'"type":"ADDED"')
            except ssl.SSLWantReadError:
                pass
    elapsed, cpu = time.perf_counter() - began, ours.cpu() - before
    creator.join()
    for key in list(watches.get_map().values()):
        key.fileobj.close()
    return seen / elapsed, cpu / seen * 1e6


def measure(binary, count):
    with tempfile.TemporaryDirectory() as directory:
        ours = Ours(binary, directory)
        ours.start()
        try:
            began = time.perf_counter()
            names = bench.instances(ours, count)
            print(f"\n{count:,} VMIs, created in {time.perf_counter() - began:.1f} s, {ours.rss_kb():,} kB resident")
            gets = rate(ours, [f"{bench.VMIS}/{name}" for name in names[:: max(1, count // 20_000)]], 16, 20_000)
            print("  get: {:,.0f}/s, {:.1f} µs of CPU".format(*gets))
            pages = rate(ours, [f"{bench.VMIS}?limit=500"], 4, 100)
            print("  first page of 500: {:,.0f}/s, {:,.0f} µs of CPU".format(*pages))
            print("  list of all: {:.2f} s; another client waited {:.1f} ms at most".format(*whole_list(ours, names[0])))
            print("  {} watchers: {:,.0f} events/s, {:.1f} µs of CPU".format(WATCHERS, *fan_out(ours)))
            writes = bench.durable(ours, names[:: max(1, count // WRITES)][:WRITES])
            print("  durable addinterface: {rate:,.0f}/s, {cpu:.0f} µs of CPU".format(**writes))
            print(f"  {ours.rss_kb():,} kB resident afterwards")
        finally:
            ours.stop()


if __name__ == "__main__":
    for size in [int(size) for size in sys.argv[2:]] or [100, 10_000, 100_000]:
        measure(sys.argv[1], size)

#!/usr/bin/env python3
"""Measures hotplug-apiserver beside nginx, in one run on one machine.

  bench.py BINARY [--seconds S]

Loopback only; the load comes from the same machine, so compare the columns rather than trust a figure alone. Both
serve with one thread, the same certificate and the same bytes, in alternating rounds; medians of three are printed.
Takes less than three minutes and leaves nothing behind.
"""

import argparse
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

from servers import DOCUMENT, TOKEN, Nginx, Ours

VMIS = "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances"
ROUNDS = 3

# The durable writes: clients, and the VMIs that each adds an interface to.
CLIENTS = 64
VMIS_PER_CLIENT = 400


def h2load(server, *options):
    """Answers requests done and seconds, and fails unless each was a 2xx."""
    run = subprocess.run(["h2load", *options, server.url], capture_output=True, text=True, timeout=120)
    finished = re.search(r"finished in ([\d.]+)(m?s),", run.stdout)
    statuses = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", run.stdout)
    failed = re.search(r"(\d+) failed, (\d+) errored", run.stdout)
    if not finished or not statuses or any(map(int, statuses.groups()[1:])) or any(map(int, failed.groups())):
        raise SystemExit(f"h2load {' '.join(options)} {server.url}:\n{run.stdout}{run.stderr}")
    return int(statuses[1]), float(finished[1]) / (1000 if finished[2] == "ms" else 1), run.stdout


def measured(server, *options):
    """Answers the rate, and the server's CPU in µs for each."""
    before = server.cpu()
    count, seconds, _ = h2load(server, *options)
    return count / seconds, (server.cpu() - before) / count * 1e6


def alternating(ours, peer, *options):
    """Medians of rounds in turn: ((rate, µs), (rate, µs))."""
    rounds = [(measured(ours, *options), measured(peer, *options)) for _ in range(ROUNDS)]
    return tuple(
        tuple(statistics.median(round[side][value] for round in rounds) for value in (0, 1)) for side in (0, 1))


def idle_memory(server, counts):
    """kB of resident memory that idle TLS connections cost, after one request each: {count: kB more}."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = f"GET {DOCUMENT} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    before, connections, result = server.rss_kb(), [], {}
    try:
        for count in counts:
            while len(connections) < count:
                plain = socket.create_connection(("127.0.0.1", server.port), 10)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection = context.wrap_socket(plain)
                connection.sendall(request)
                assert connection.recv(65536).startswith(b"HTTP/1.1 200")
                connections.append(connection)
            result[count] = server.rss_kb() - before
    finally:
        for connection in connections:
            connection.close()
    return result


# Durable addinterface: plain sockets, so that the client costs little beside the server.


class Connection:
    def __init__(self, context, port):
        plain = socket.create_connection(("127.0.0.1", port), 30)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(plain, server_hostname="127.0.0.1")

    def request(self, method, path, body):
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        self.socket.sendall(head.encode() + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError
            answer += piece
        head, _, content = answer.partition(b"\r\n\r\n")
        length = re.search(rb"\r\n[Cc]ontent-[Ll]ength: (\d+)", head)
        missing = (int(length[1]) if length else 0) - len(content)
        while missing > 0:
            content += (piece := self.socket.recv(65536))
            missing -= len(piece)
        return int(head[9:12]), content


def instances(ours, count):
    """Creates so many VMIs, and answers their names."""
    manifest = {
        "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "metadata": {"generateName": "bench-"},
        "spec": {"domain": {"devices": {"interfaces": [{"name": "default", "masquerade": {}}]}},
                 "networks": [{"name": "default", "pod": {}}]}}
    body = f"{ours.directory}/vmi.json"
    pathlib.Path(body).write_text(json.dumps(manifest))
    subprocess.run(
        ["h2load", "--h1", "-t1", f"-c{min(CLIENTS, count)}", f"-n{count}", "-d", body, "-H", "Content-Type: application/json",
         "-H", f"Authorization: Bearer {TOKEN}", f"https://127.0.0.1:{ours.port}{VMIS}"],
        check=True, stdout=subprocess.DEVNULL, timeout=120)
    return [item["metadata"]["name"] for item in listed(ours) if item["metadata"]["name"].startswith("bench-")]


def listed(ours):
    connection, items, token = Connection(ours.context(), ours.port), [], ""
    while token is not None:
        status, content = connection.request("GET", f"{VMIS}?limit=500&continue={token}", b"")
        if status != 200:
            raise SystemExit(f"the list of VMIs was answered {status}")
        items += json.loads(content)["items"]
        token = json.loads(content)["metadata"].get("continue")
    return items


def durable(ours, names):
    """64 h2load processes of one connection each, that add an interface to one VMI after the other."""
    body = f"{ours.directory}/interface.json"
    pathlib.Path(body).write_text('{"networkAttachmentDefinitionName":"new-fancy-net","name":"nic1"}')
    files = []
    for client in range(CLIENTS):
        files.append(f"{ours.directory}/uris-{client}")
        pathlib.Path(files[-1]).write_text("".join(
            f"https://127.0.0.1:{ours.port}/apis/subresources.kubevirt.io/v1/namespaces/default/"
            f"virtualmachineinstances/{name}/addinterface\n" for name in names[client::CLIENTS]))
    before, began = ours.cpu(), time.perf_counter()
    loads = [
        subprocess.Popen(
            ["h2load", "--h1", "-t1", "-c1", f"-n{len(names[client::CLIENTS])}", "-i", file, "-d", body,
             "-H", ":method: PUT", "-H", f"Authorization: Bearer {TOKEN}"],
            stdout=subprocess.PIPE, text=True)
        for client, file in enumerate(files)]
    accepted = sum(int(re.search(r"(\d+) 2xx", load.communicate(timeout=120)[0])[1]) for load in loads)
    elapsed, cpu = time.perf_counter() - began, ours.cpu() - before
    # Each 202 must be in the store.
    stored = sum(len(item["spec"]["networks"]) - 1 for item in listed(ours)
                 if item["metadata"]["name"].startswith("bench-"))
    if accepted != len(names) or stored != accepted:
        raise SystemExit(f"{len(names)} requests, {accepted} got 202, {stored} interfaces are stored")
    return {"rate": accepted / elapsed, "count": accepted, "cpu": cpu / accepted * 1e6}


def syncs_per_second(directory, seconds=1.0):
    """What the disk gives a lone writer: 4 KiB and fdatasync, again and again."""
    with open(f"{directory}/sync", "wb", buffering=0) as file:
        count, end = 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            count += 1
    return count / seconds


class Table:
    def __init__(self):
        print(f"{'':44}{'ours':>12}{'nginx':>12}{'ratio':>8}")

    def row(self, name, ours, peer=None, digits=0):
        ratio = f"{ours / peer:8.2f}" if peer else f"{'':8}"
        shown = f"{peer:12,.{digits}f}" if peer is not None else f"{'-':>12}"
        print(f"{name:44}{ours:12,.{digits}f}{shown}{ratio}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--seconds", type=float, default=3, help="of each round of load")
    arguments = parser.parse_args()
    for tool in ("h2load", "nginx"):
        if not shutil.which(tool) and not os.access(f"/usr/sbin/{tool}", os.X_OK):
            raise SystemExit(f"{tool} is missing: apt-get install nginx-light nghttp2-client")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # So that what is below cleans up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    with tempfile.TemporaryDirectory(prefix="hotplug-bench-") as directory:
        servers = []
        try:
            run(arguments, directory, servers, min(5000, hard - 300))
        finally:
            for server in servers:
                server.stop()


def start_times(make):
    """Seconds to ready: median of five starts; answers them and the last server, which runs."""
    seconds = []
    for number in range(5):
        server = make(number)
        seconds.append(server.start())
        if number < 4:
            server.stop()
    return statistics.median(seconds), server


def run(arguments, directory, servers, connections):
    def our(number):
        place = f"{directory}/ours-{number}"
        os.mkdir(place)
        servers.append(Ours(arguments.binary, place))
        return servers[-1]

    our_start, ours = start_times(our)
    idle = ours.rss_kb()
    status, document = Connection(ours.context(), ours.port).request("GET", DOCUMENT, b"")
    assert status == 200

    def peer(number):
        place = f"{directory}/nginx-{number}"
        os.mkdir(place)
        # The worker is another user's when this is root.
        os.chmod(directory, 0o755)
        servers.append(Nginx(place, ours.pki("apiserver.crt"), ours.pki("apiserver.key"), document))
        return servers[-1]

    peer_start, nginx = start_times(peer)

    version = subprocess.run([shutil.which("nginx") or "/usr/sbin/nginx", "-v"], capture_output=True, text=True).stderr
    print(f"hotplug-apiserver beside {version.strip().split(': ')[-1]}; {os.cpu_count()} cores shared with the load; "
          f"document of {len(document)} bytes, one serving thread each\n")
    table = Table()
    table.row("start to ready, new state, ms", our_start * 1e3, peer_start * 1e3, 1)
    table.row("resident memory, idle, kB", idle, nginx.rss_kb())

    duration = ["-D", f"{arguments.seconds:g}"]
    (rate, cpu), (peer_rate, peer_cpu) = alternating(ours, nginx, "--h1", "-t1", "-c16", *duration)
    table.row("discovery, HTTP/1.1 over TLS, requests/s", rate, peer_rate)
    table.row("  CPU of the server, µs a request", cpu, peer_cpu, 1)
    protocol = h2load(ours, "-t1", "-c1", "-n1")[2]
    if "Application protocol: h2" in protocol:
        (rate, cpu), (peer_rate, peer_cpu) = alternating(ours, nginx, "-t1", "-c4", "-m16", *duration)
        table.row("discovery, HTTP/2, requests/s", rate, peer_rate)
        table.row("  CPU of the server, µs a request", cpu, peer_cpu, 1)
    else:
        print("discovery, HTTP/2: the server does not negotiate h2")
    (rate, cpu), (peer_rate, peer_cpu) = alternating(ours, nginx, "--h1", "-t1", "-c1000", "-n1000")
    table.row("new TLS connections, one request each, /s", rate, peer_rate)
    table.row("  CPU of the server, µs a connection", cpu, peer_cpu, 1)
    table.row("resident memory, after that load, kB", ours.rss_kb(), nginx.rss_kb())

    # In fresh processes: what earlier load left free would hide the cost.
    for server in (ours, nginx):
        server.stop()
        server.start()
    counts = [1000, connections]
    memory, peer_memory = idle_memory(ours, counts), idle_memory(nginx, counts)
    for count in counts:
        table.row(f"{count:,} idle TLS connections, kB more", memory[count], peer_memory[count])
    nginx.stop()

    disk = syncs_per_second(directory)
    writes = durable(ours, instances(ours, CLIENTS * VMIS_PER_CLIENT))
    table.row(f"durable addinterface, {CLIENTS} clients, /s", writes["rate"])
    table.row("  CPU of the server, µs a request", writes["cpu"], digits=1)
    table.row("  4 KiB and fdatasync, one writer, /s", disk)
    print(f"\ndurable addinterface: {writes['count']:,} PUTs, each 202 and found in the store afterwards.")


if __name__ == "__main__":
    main()

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
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = "/apis/subresources.kubevirt.io/v1"
VMIS = "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances"
ROUNDS = 3
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

# The durable writes: clients, and the VMIs that each adds an interface to.
CLIENTS = 64
VMIS_PER_CLIENT = 400
TOKEN = "bench"


def status_kb(pid, field):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(field + ":"):
            return int(line.split()[1])
    return 0


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One of the two, as a process (or a few) on a port of 127.0.0.1."""

    process = None

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}{DOCUMENT}"

    def pids(self):
        children = open(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read().split()
        return [self.process.pid] + [int(child) for child in children]

    def rss_kb(self):
        return sum(status_kb(pid, "VmRSS") for pid in self.pids())

    def cpu(self):
        return sum(cpu_seconds(pid) for pid in self.pids())

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Ours(Server):
    def __init__(self, binary, directory):
        self.binary, self.directory = binary, directory

    def start(self):
        """Answers the seconds until the line that says `ready`."""
        tokens = f"{self.directory}/tokens"
        pathlib.Path(tokens).write_text(f'{TOKEN},bench,1,"system:masters"\n')
        started = time.perf_counter()
        self.process = subprocess.Popen(
            # Nobody but the clients writes: what the controllers of a played KubeVirt do is not what is measured.
            [self.binary, "serve", "--no-embedded-kubevirt", "--token-auth-file", tokens, "--threads", "1", "-v", "0",
             "--secure-port", "0", "--data-dir",
             f"{self.directory}/data", "--examples", str(ROOT / "Manifests/examples")],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            found = re.search(r'"ready".*https://127\.0\.0\.1:(\d+)', line)
            if found:
                seconds = time.perf_counter() - started
                self.port = int(found[1])
                # Nobody may wait for somebody to read.
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return seconds
        raise SystemExit(f"{self.binary} did not get ready")

    def pki(self, name):
        return f"{self.directory}/data/pki/{name}"

    def context(self):
        context = ssl.create_default_context(cafile=self.pki("ca.crt"))
        context.load_cert_chain(self.pki("admin.crt"), self.pki("admin.key"))
        context.set_alpn_protocols(["http/1.1"])
        return context


class Nginx(Server):
    def __init__(self, directory, certificate, key, document):
        self.directory = directory
        self.port = free_port()
        root = pathlib.Path(directory, "root" + DOCUMENT)
        root.parent.mkdir(parents=True)
        root.write_bytes(document)
        self.configuration = pathlib.Path(directory, "nginx.conf")
        self.configuration.write_text(f"""
            daemon off; worker_processes 1; worker_rlimit_nofile 20000; error_log {directory}/error.log;
            pid {directory}/nginx.pid;
            events {{ worker_connections 16000; }}
            http {{
              access_log off; default_type application/json; sendfile on; keepalive_timeout 90s;
              keepalive_requests 100000000; open_file_cache max=10;
              client_body_temp_path {directory}/b; proxy_temp_path {directory}/p; fastcgi_temp_path {directory}/f;
              uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
              server {{
                listen 127.0.0.1:{self.port} ssl http2 backlog=4096; root {directory}/root;
                ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3;
              }}
            }}""")

    def start(self):
        """Answers the seconds until the port takes a connection."""
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [shutil.which("nginx") or "/usr/sbin/nginx", "-p", self.directory, "-c", str(self.configuration)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while self.process.poll() is None and time.perf_counter() - started < 10:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return time.perf_counter() - started
            except ConnectionRefusedError:
                time.sleep(0.0005)
        raise SystemExit(f"nginx did not start: {pathlib.Path(self.directory, 'error.log').read_text()}")


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

"""The servers that are measured, each as a process on a free port of 127.0.0.1."""

import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = "/apis/subresources.kubevirt.io/v1"
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Of the clients that write.
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

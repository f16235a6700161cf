"""Processes that end with the one that started them."""

import ctypes
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def free_ports(count):
    """Ports that were free a moment ago, and that no connection gets for its own end.

    While a server is away, the ports that connections get would be lost to those who try to reach it, now and then even
    to a connection with itself, and the server could not come back.
    """
    first_of_connections = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    # A machine whose connections get almost all has none of these.
    end = max(first_of_connections, 20_000)
    ports = []
    for port in random.sample(range(10_000, end), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            return ports
    raise RuntimeError(f"no {count} free ports below {end}")


def wait_until(what, condition, seconds, interval=0.05):
    """Calls `condition` until it is true, and answers its value; TimeoutError with `what` after `seconds`.

    `what` may be a function, called at the end.
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(interval)
    return value


class Daemon:
    """A program in the background, whose output goes to a log file. Killed when this process ends, however it ends."""

    def __init__(self, words, log, environment=None):
        # The kernel's signal comes when the *thread* ends that started the child.
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start processes from the main thread, or they end with the thread")
        self.name = pathlib.Path(words[0]).name
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                preexec_fn=die_with_parent, env={**os.environ, **(environment or {})})

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_running(self):
        return self.process.poll() is None

    def tail(self, lines=15):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def check(self):
        if not self.is_running:
            raise RuntimeError(f"{self.name} ended with {self.process.returncode}; {self.log} ends:\n{self.tail()}")

    def stop(self, number=signal.SIGTERM, seconds=10):
        """Sends a signal and waits for the end; after `seconds` it is SIGKILL."""
        if self.is_running:
            self.process.send_signal(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def find_server():
    path = pathlib.Path(os.environ.get("HOTPLUG_APISERVER") or ROOT / ".build/debug/hotplug-apiserver")
    if not path.exists():
        raise RuntimeError(f"no {path}: `swift build`, or set HOTPLUG_APISERVER")
    return path


def port_when_ready(server, seconds=30):
    """Waits for the line in which our server says that it is ready; answers its port."""

    def found():
        server.check()
        line = next((line for line in server.tail(1000).splitlines() if '"ready"' in line), "")
        return re.search(r'url="https://127\.0\.0\.1:(\d+)"', line)

    return int(wait_until(lambda: f"the server; {server.tail()}", found, seconds)[1])

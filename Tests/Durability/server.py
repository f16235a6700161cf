"""The server under test as a process, and a client of it."""

import http.client
import json
import os
import pathlib
import re
import ssl
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("HOTPLUG_BINARY", str(ROOT / ".build/debug/hotplug-apiserver"))
START_SECONDS = 60
STOP_SECONDS = 30


class Server:
    """`serve` on a free port of 127.0.0.1, with its state in `directory`; ended by `stop` or `kill`."""

    def __init__(self, directory, environment=None, flags=()):
        self.directory = str(directory)
        self.lines = []
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data-dir", self.directory, "--secure-port", "0", "-v", "1", *flags],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **(environment or {})})
        self.port = None
        timer = threading.Timer(START_SECONDS, self.process.kill)
        timer.start()
        for line in self.process.stderr:
            self.lines.append(line)
            found = re.search(r'"ready".*https://127\.0\.0\.1:(\d+)', line)
            if found:
                self.port = int(found.group(1))
                break
        timer.cancel()
        if self.port is None:
            self.process.wait()
            self.process.stderr.close()
            raise RuntimeError("the server did not start: " + "".join(self.lines))
        self.follower = threading.Thread(target=lambda: self.lines.extend(self.process.stderr), daemon=True)
        self.follower.start()

    def client(self):
        return Client(self)

    def stop(self):
        """Ends it in order; answers the exit status."""
        self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS)
        finally:
            self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.follower.join()
        self.process.stderr.close()


class Client:
    """One connection as the administrator; used by one thread."""

    def __init__(self, server):
        pki = f"{server.directory}/pki"
        context = ssl.create_default_context(cafile=f"{pki}/ca.crt")
        context.load_cert_chain(f"{pki}/admin.crt", f"{pki}/admin.key")
        self.connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=60)

    def close(self):
        self.connection.close()

    def request(self, method, path, body=None, kind="application/json"):
        """The status and the answer, decoded where it is JSON; `retry_after` is the field, or `None`."""
        content = None if body is None else json.dumps(body)
        self.connection.request(method, path, content, {"Content-Type": kind} if content else {})
        response = self.connection.getresponse()
        text = response.read().decode()
        self.retry_after = response.getheader("Retry-After")
        return response.status, json.loads(text) if text.startswith("{") else text

"""The server under test as a process, and a client of it."""

import http.client
import json
import pathlib
import signal
import ssl
import sys

sys.dont_write_bytecode = True
# Behind this directory, which has a module of the name `server` too.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "Cluster"))

from processes import ROOT, Daemon, find_server, port_when_ready


class Server:
    """`serve` on a free port of 127.0.0.1, with its state in `directory`; ended by `stop` or `kill`.

    Belongs to the main thread.
    """

    def __init__(self, directory, environment=None, flags=()):
        self.directory = str(directory)
        log = pathlib.Path(self.directory + ".log")
        # What an earlier server said of its port is not this one's.
        log.unlink(missing_ok=True)
        self.daemon = Daemon(
            [find_server(), "serve", "--data-dir", self.directory, "--secure-port", "0", "-v", "1", *flags], log,
            environment)
        self.port = port_when_ready(self.daemon)

    @property
    def pid(self):
        return self.daemon.pid

    def client(self):
        return Client(self)

    def stop(self):
        """Ends it in order; answers the exit status."""
        self.daemon.stop(seconds=30)
        return self.daemon.process.returncode

    def kill(self):
        self.daemon.stop(signal.SIGKILL)


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

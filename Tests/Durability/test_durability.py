#!/usr/bin/env python3
"""Drives the built server over a disk that fails: power cuts, I/O errors, no space, damage.

Bounded for every day; `powerloss.py` alone takes as many commits and cuts as it is told.
"""

import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

from powerloss import PATH, STORE
from server import Server

POWERLOSS = [sys.executable, str(pathlib.Path(__file__).with_name("powerloss.py")), "--commits", "400", "--cuts", "500"]
ATTACH_SECONDS = 30


def definition(name):
    return {
        "apiVersion": "k8s.cni.cncf.io/v1", "kind": "NetworkAttachmentDefinition", "metadata": {"name": name},
        "spec": {"config": "{}"},
    }


class Fault:
    """While it lasts, a system call of the server fails (strace(1), `--inject`)."""

    def __init__(self, server, injection):
        self.process = subprocess.Popen(
            ["strace", "-f", "-p", str(server.pid), "-o", "/dev/null", "-e", f"inject={injection}"],
            stderr=subprocess.PIPE, text=True)
        timer = threading.Timer(ATTACH_SECONDS, self.process.kill)
        timer.start()
        # With -f it says so once all threads are held.
        line = self.process.stderr.readline()
        timer.cancel()
        if not re.search(r"attached", line):
            raise RuntimeError(f"strace cannot attach: {line}{self.process.stderr.read()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(ATTACH_SECONDS)
        self.process.stderr.close()


class PowerLoss(unittest.TestCase):
    def test_no_power_cut_loses_an_acknowledged_write(self):
        done = subprocess.run(POWERLOSS, capture_output=True, text=True)
        print(done.stdout, end="", file=sys.stderr)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_store_that_does_not_sync_is_found_out(self):
        done = subprocess.run([*POWERLOSS, "--without-syncs"], capture_output=True, text=True)
        print(done.stdout.splitlines()[-1], file=sys.stderr)
        self.assertRegex(done.stdout, r"[1-9]\d* with an acknowledged write lost")
        self.assertEqual(done.returncode, 1, done.stderr)


class DiskFaults(unittest.TestCase):
    def setUp(self):
        place = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        self.directory = place / "data"
        self.start()
        self.assertEqual(self.create("before")[0], 201)

    def start(self):
        self.server = Server(self.directory)
        self.addCleanup(self.server.kill)
        self.client = self.server.client()
        self.addCleanup(self.client.close)

    def create(self, name):
        return self.client.request("POST", PATH, definition(name))

    def assertReads(self, name="before"):
        self.assertEqual(self.client.request("GET", f"{PATH}/{name}")[0], 200)

    def test_a_full_disk_refuses_writes_until_there_is_room(self):
        with Fault(self.server, "pwrite64:error=ENOSPC"):
            status, answer = self.create("refused")
            self.assertEqual(status, 503, answer)
            self.assertEqual(answer["reason"], "ServiceUnavailable")
            self.assertIn("nothing was written", answer["message"])
            self.assertEqual(self.client.retry_after, "1")
            self.assertReads()
        self.assertEqual(self.client.request("GET", f"{PATH}/refused")[0], 404)
        self.assertEqual(self.create("refused")[0], 201)
        self.assertEqual(self.client.request("GET", "/readyz")[0], 200)

    def test_a_sync_that_fails_ends_the_writes_but_not_the_reads(self):
        with Fault(self.server, "fdatasync,fsync:error=EIO"):
            status, answer = self.create("unknown")
            self.assertEqual(status, 500, answer)
            self.assertIn("may or may not be there", answer["message"])
            self.assertReads()
        # The kernel may have dropped the pages: a sync that succeeds now would prove nothing.
        status, answer = self.create("later")
        self.assertEqual(status, 503, answer)
        self.assertIn("until the server is restarted", answer["message"])
        self.assertReads()
        self.assertEqual(self.client.request("GET", "/readyz")[0], 500)
        self.server.stop()
        self.start()
        self.assertReads()
        self.assertIn(self.client.request("GET", f"{PATH}/unknown")[0], (200, 404))
        self.assertEqual(self.create("later")[0], 201)

    def test_a_read_that_fails_fails_alone(self):
        with Fault(self.server, "pread64:error=EIO"):
            # From the page cache of SQLite, or not at all.
            status, answer = self.client.request("GET", PATH)
            self.assertIn(status, (200, 500), answer)
            if status == 500:
                self.assertEqual(answer["reason"], "InternalError")
        self.assertReads()
        self.assertEqual(self.create("after")[0], 201)

    def test_a_damaged_file_is_refused_with_what_to_do(self):
        self.server.stop()
        path = self.directory / STORE
        content = bytearray(path.read_bytes())
        place = content.index(b'"before"')
        content[place + 1] ^= 1
        path.write_bytes(content)
        with self.assertRaisesRegex(RuntimeError, r"is damaged \(.*before.*restore it from a backup") as raised:
            Server(self.directory)
        self.assertNotIn('"ready"', str(raised.exception))
        # And it is left as it was, for whoever repairs it.
        self.assertEqual(path.read_bytes(), bytes(content))


if __name__ == "__main__":
    unittest.main(verbosity=2)

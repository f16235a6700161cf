"""Our server in front of a cluster, as the pod of Manifests is: with the token of its ServiceAccount in a file."""

import json
import os
import pathlib
import re

from api import Client, encoded
from certificates import Authority
from cluster import ROOT, SERVER_NAME
from processes import Daemon, wait_until

START_SECONDS = 30


def find_binary():
    path = pathlib.Path(os.environ.get("HOTPLUG_APISERVER") or ROOT / ".build/debug/hotplug-apiserver")
    if not path.exists():
        raise RuntimeError(f"no {path}: `swift build`, or set HOTPLUG_APISERVER")
    return path


class Server:
    """Belongs to the main thread, as the cluster does."""

    def __init__(self, cluster, directory, flags=()):
        self.cluster = cluster
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.authority = Authority(self.directory, "serving-ca")
        self.pair = self.authority.issue("serving", alternative_names=[f"DNS:{SERVER_NAME}", "DNS:localhost"])
        self.token_file = self.directory / "token"
        self.renew_token()
        self.kubeconfig = self.directory / "kubeconfig"
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "pod",
            "clusters": [{"name": "pod", "cluster": {
                "server": f"https://localhost:{cluster.port}",
                "certificate-authority-data": encoded(cluster.authority.certificate)}}],
            "users": [{"name": "pod", "user": {"tokenFile": str(self.token_file)}}],
            "contexts": [{"name": "pod", "context": {"cluster": "pod", "user": "pod"}}]}))
        self.flags = list(flags)
        self.daemon = None

    def renew_token(self):
        """Puts a new token into the file that the server reads, as a kubelet does."""
        self.write_token(self.cluster.service_account().token)

    def write_token(self, token):
        new = self.token_file.with_suffix(".new")
        new.write_text(token)
        new.rename(self.token_file)

    def start(self):
        """Starts it, registers it, and waits until the aggregator sends it requests."""
        self.daemon = Daemon([
            find_binary(), "serve", "--kubeconfig", self.kubeconfig, "--secure-port", "0",
            "--tls-cert-file", self.pair.certificate, "--tls-private-key-file", self.pair.key, *self.flags],
            self.directory / "server.log")

        def ready():
            self.daemon.check()
            line = next((line for line in self.daemon.tail(1000).splitlines() if '"ready"' in line), "")
            return re.search(r'url="https://127\.0\.0\.1:(\d+)"', line)

        self.port = int(wait_until(lambda: f"the server; {self.daemon.tail()}", ready, START_SECONDS)[1])
        self.cluster.register(self.port, self.authority.certificate)
        for version in ("v1", "v1alpha3"):
            self.cluster.wait_available(version)

    def client(self, pair=None, token=None):
        """Somebody who goes to the server by itself, past the aggregator."""
        return Client(self.port, self.authority.certificate, pair, token)

    def stop(self):
        if self.daemon:
            self.daemon.stop()

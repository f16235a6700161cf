"""Our server in front of a cluster, as the pod of Manifests is: with the token of its ServiceAccount in a file."""

import json
import pathlib

from api import Client, encoded
from certificates import Authority
from cluster import SERVER_NAME
from processes import Daemon, find_server, port_when_ready

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
            find_server(), "serve", "--kubeconfig", self.kubeconfig, "--secure-port", "0",
            "--tls-cert-file", self.pair.certificate, "--tls-private-key-file", self.pair.key, *self.flags],
            self.directory / "server.log")
        self.port = port_when_ready(self.daemon)
        self.cluster.register(self.port, self.authority.certificate)
        for version in ("v1", "v1alpha3"):
            self.cluster.wait_available(version)

    def client(self, pair=None, token=None):
        """Somebody who goes to the server by itself, past the aggregator."""
        return Client(self.port, self.authority.certificate, pair, token)

    def stop(self):
        if self.daemon:
            self.daemon.stop()

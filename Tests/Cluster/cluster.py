#!/usr/bin/env python3
"""A real kube-apiserver with its etcd on loopback, for tests.

  cluster.py up --dir DIRECTORY [--lifetime SECONDS] [--crds VERSION] [--port PORT --ca-bundle FILE]
  cluster.py down --dir DIRECTORY

`up` prints the path of an administrator's kubeconfig once the cluster is ready; DIRECTORY/log has the logs. With
--port, the APIServices of subresources.kubevirt.io point to that port of localhost. The cluster ends with `down`, and
after --lifetime (3600 s) anyway.

There are no nodes and no controllers: nothing runs pods, deletes namespaces or aggregates ClusterRoles. kube-apiserver
is built from Debian's sources the first time on a machine (build-kube-apiserver.sh). On two cores of 2026: some eight
minutes on one of them for that, then five seconds for a start and five more for the CRDs, in 600 MB of memory.

As a library:

  with Cluster(directory) as cluster:
      cluster.install_crds("v1.9.0")
      cluster.install_manifests()
      cluster.register(port, ca_bundle)
      cluster.client(user="alice").request("PUT", ...)
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True

from api import Client, documents, encoded, path_of
from certificates import Authority, Pair, new_key, openssl
from processes import Daemon, free_ports, wait_until

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# KubeVirt's own CRDs, a directory a version. They are not part of the repository.
CRDS = pathlib.Path(os.environ.get("KUBEVIRT_CRDS") or ROOT.parent / "shared/kubevirt-crds")
GROUP = "subresources.kubevirt.io"
VERSIONS = ("v1", "v1alpha3")
NAMESPACE = SERVICE = "hotplug-apiserver"
# The name that the aggregator asks a server for, and checks.
SERVER_NAME = f"{SERVICE}.{NAMESPACE}.svc"

BUILD_SECONDS = 3600
START_SECONDS = 90
AVAILABLE_SECONDS = 60


def find_etcd():
    path = shutil.which("etcd")
    if not path:
        raise RuntimeError("no etcd in PATH: apt-get install etcd-server")
    return path


def build_kube_apiserver():
    """The path of kube-apiserver; takes some minutes the first time on a machine."""
    result = subprocess.run(
        [HERE / "build-kube-apiserver.sh"], stdout=subprocess.PIPE, text=True, timeout=BUILD_SECONDS)
    if result.returncode != 0:
        raise RuntimeError("build-kube-apiserver.sh failed: see above")
    return result.stdout.strip()


def kustomize(directory):
    """What a directory below Manifests builds to."""
    return subprocess.run(
        ["kubectl", "kustomize", ROOT / "Manifests" / directory], stdout=subprocess.PIPE, text=True, check=True,
        timeout=60).stdout


class Cluster:
    """etcd and kube-apiserver, with all their files below one directory.

    Belongs to the main thread, whose end is theirs; what `client` gives may be used by any one thread at a time.
    """

    def __init__(self, directory):
        self.directory = pathlib.Path(directory).resolve()
        self.binary = build_kube_apiserver()
        self.etcd_binary = find_etcd()
        self.etcd = self.apiserver = None
        self.clients = {}

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    # Life

    def start(self):
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.pki = self.directory / "pki"
        self.logs = self.directory / "log"
        self.pki.mkdir(mode=0o700, exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        self.authority = Authority(self.pki, "cluster-ca")
        self.front_proxy = Authority(self.pki, "front-proxy-ca")
        self.front_proxy_client = self.front_proxy.issue("front-proxy-client")
        self.serving = self.authority.issue(
            "kube-apiserver", alternative_names=["DNS:localhost", "DNS:kubernetes.default.svc", "IP:127.0.0.1"])
        self.service_accounts = new_key(self.pki / "service-accounts.key")
        openssl("pkey", "-in", str(self.service_accounts), "-pubout", "-out", str(self.pki / "service-accounts.pub"))
        self.port, self.etcd_port, peer_port = free_ports(3)
        self.admin = self.client("admin", ["system:masters"])
        self.kubeconfig = self.admin.kubeconfig(self.directory / "admin.kubeconfig")
        peers = f"http://127.0.0.1:{peer_port}"
        clients = f"http://127.0.0.1:{self.etcd_port}"
        self.etcd = Daemon([
            self.etcd_binary, "--name", "one", "--data-dir", self.directory / "etcd", "--listen-client-urls", clients,
            "--advertise-client-urls", clients, "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
            "--initial-cluster", f"one={peers}", "--log-level", "warn"], self.logs / "etcd.log")
        self.start_apiserver()

    def start_apiserver(self):
        """Starts kube-apiserver and waits until it is ready; answers the seconds that took."""
        started = time.monotonic()
        pki = self.pki
        flags = {
            "bind-address": "127.0.0.1", "advertise-address": "127.0.0.1", "secure-port": self.port,
            "external-hostname": "localhost", "endpoint-reconciler-type": "none", "cert-dir": pki,
            "etcd-servers": f"http://127.0.0.1:{self.etcd_port}", "service-cluster-ip-range": "10.0.0.0/24",
            "authorization-mode": "RBAC", "anonymous-auth": "true", "profiling": "false",
            "client-ca-file": self.authority.certificate,
            "tls-cert-file": self.serving.certificate, "tls-private-key-file": self.serving.key,
            "requestheader-client-ca-file": self.front_proxy.certificate,
            "requestheader-allowed-names": "front-proxy-client",
            "requestheader-username-headers": "X-Remote-User", "requestheader-group-headers": "X-Remote-Group",
            "requestheader-extra-headers-prefix": "X-Remote-Extra-",
            "proxy-client-cert-file": self.front_proxy_client.certificate,
            "proxy-client-key-file": self.front_proxy_client.key,
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": pki / "service-accounts.pub",
            "service-account-signing-key-file": self.service_accounts,
        }
        self.apiserver = Daemon(
            [self.binary] + [f"--{name}={value}" for name, value in flags.items()], self.logs / "kube-apiserver.log")
        wait_until(
            lambda: f"kube-apiserver to be ready; its log ends:\n{self.apiserver.tail()}", self.is_ready, START_SECONDS)
        return time.monotonic() - started

    def is_ready(self):
        self.etcd.check()
        self.apiserver.check()
        try:
            return self.admin.request("GET", "/readyz").status == 200
        except OSError:
            return False

    def stop_apiserver(self, number=signal.SIGTERM):
        self.apiserver.stop(number)

    def restart_apiserver(self, number=signal.SIGKILL):
        """Ends kube-apiserver by a signal and starts it on the same port; answers the seconds until it was ready."""
        self.stop_apiserver(number)
        return self.start_apiserver()

    def stop(self):
        for daemon in (self.apiserver, self.etcd):
            if daemon:
                daemon.stop()

    # Users

    def client(self, user=None, groups=(), days=None):
        """A client with a certificate of `user` in `groups`, the same one each time; without a user: anonymous.

        With `days`, a new certificate that lasts so long; negative: one that is past its end.
        """
        if not user:
            return Client(self.port, self.authority.certificate)
        if days is not None:
            pair = self.authority.issue(f"{user}-{time.monotonic_ns()}", user, groups, days=days)
            return Client(self.port, self.authority.certificate, pair)
        if user not in self.clients:
            pair = self.authority.issue(user, user, groups)
            self.clients[user] = Client(self.port, self.authority.certificate, pair)
        return self.clients[user]

    def service_account(self, name=NAMESPACE, namespace=NAMESPACE, seconds=3600):
        """A client with a token of a ServiceAccount, by TokenRequest; the least that it lasts is 600 s."""
        answer = self.admin.ask(
            "POST", path_of("ServiceAccount", name, namespace) + "/token",
            {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": seconds}})
        return Client(self.port, self.authority.certificate, token=answer["status"]["token"])

    def bind(self, user, role, namespace="default"):
        """Gives `user` a ClusterRole in one namespace."""
        self.admin.put({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": f"{user}-{role}", "namespace": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]})

    def bind_account(self, name, role, namespace="default"):
        """Gives a ServiceAccount a ClusterRole in its namespace."""
        self.admin.put({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": f"{name}-account-{role}", "namespace": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]})

    def add_users(self):
        """alice may plug interfaces and do nothing else; bob may edit virtual machines but not plug interfaces."""
        self.admin.put({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": "virtual-machine-editor"},
            "rules": [{
                "apiGroups": ["kubevirt.io"], "resources": ["virtualmachines", "virtualmachineinstances"],
                "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"]}]})
        self.bind("alice", "hotplug-apiserver:interfaces")
        self.bind("bob", "virtual-machine-editor")

    # What is in it

    def install_crds(self, version):
        """KubeVirt's CRDs of a version, and that of NetworkAttachmentDefinitions; replaces another version's."""
        files = sorted((CRDS / version).glob("*.yaml"))
        if not files:
            raise RuntimeError(f"no CRDs in {CRDS / version}: set KUBEVIRT_CRDS to a directory with {version}/*.yaml")
        self.install_crd_files(files)

    def install_kinds(self, version):
        """KubeVirt's CRDs of a version, or where they are not at hand kinds of the same names without schemas."""
        if CRDS.is_dir():
            self.install_crds(version)
        else:
            print(f"no {CRDS}: kinds without schemas stand for KubeVirt's", file=sys.stderr)
            self.install_crd_files([HERE / "crds-minimal.yaml"])

    def install_crd_files(self, files):
        """CRDs from files, and that of NetworkAttachmentDefinitions."""
        names = []
        for file in [*files, HERE / "network-attachment-definitions.yaml"]:
            # kube-apiserver 1.20 refuses defaults beside x-kubernetes-list-map-keys and the like that are empty.
            lines = [line for line in file.read_text().splitlines(True) if line.strip() != 'default: ""']
            text = "".join(lines)
            self.admin.apply(text)
            names += [name for _, name, _, _ in documents(text)]
        wait_until("the CRDs to be established", lambda: all(map(self.is_established, names)), START_SECONDS)

    def is_established(self, name):
        conditions = self.admin.get("CustomResourceDefinition", name).get("status", {}).get("conditions") or []
        return any(item["type"] == "Established" and item["status"] == "True" for item in conditions)

    def install_manifests(self):
        """Namespace, ServiceAccount and RBAC of Manifests/base, as they are: what runs pods is left out."""
        wanted = ("Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "RoleBinding")
        for kind, _, _, document in documents(kustomize("base")):
            if kind in wanted:
                self.admin.apply(document)

    def register(self, port, ca_bundle, versions=VERSIONS):
        """Has the aggregator send the group to a port of localhost, whose certificate is good for SERVER_NAME.

        `ca_bundle` is the file of the CA that vouches for it. A Service of type ExternalName is dialled as it is, as
        long as kube-apiserver has no --enable-aggregator-routing.
        """
        self.admin.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        self.admin.put({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": SERVICE, "namespace": NAMESPACE},
            "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"name": "https", "port": port}]}})
        for version in versions:
            self.admin.put({
                "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
                "metadata": {"name": f"{version}.{GROUP}"},
                "spec": {
                    "group": GROUP, "version": version, "groupPriorityMinimum": 1000, "versionPriority": 15,
                    "caBundle": encoded(ca_bundle),
                    "service": {"name": SERVICE, "namespace": NAMESPACE, "port": port}}})

    def availability(self, version="v1"):
        """Status, reason and message of the condition Available of an APIService."""
        item = self.admin.get("APIService", f"{version}.{GROUP}")
        for condition in item.get("status", {}).get("conditions") or []:
            if condition["type"] == "Available":
                return condition["status"], condition["reason"], condition["message"]
        return "Unknown", "", ""

    def wait_available(self, version="v1", seconds=AVAILABLE_SECONDS):
        """Waits until the aggregator has found the server well, and passes requests on."""
        wait_until(
            lambda: f"{version}.{GROUP} to be available; it is {self.availability(version)}",
            lambda: self.availability(version)[0] == "True"
            and self.admin.request("GET", f"/apis/{GROUP}/{version}").status == 200, seconds)

    # Credentials that change

    def rotate_front_proxy(self, forget=True):
        """A new front-proxy CA and a certificate of it, known to kube-apiserver after its restart.

        kube-apiserver keeps the old CA in the ConfigMap extension-apiserver-authentication, beside the new one;
        `forget` takes it out. Answers the old CA and the pair that it vouched for.
        """
        old = Pair(self.pki, f"front-proxy-client-{time.monotonic_ns()}")
        shutil.copy(self.front_proxy_client.certificate, old.certificate)
        shutil.copy(self.front_proxy_client.key, old.key)
        self.front_proxy.replace()
        self.front_proxy_client = self.front_proxy.issue("front-proxy-client")
        self.restart_apiserver(signal.SIGTERM)
        new = self.front_proxy.certificate.read_text().strip()
        path = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication"

        def bundle():
            return self.admin.ask("GET", path)["data"]["requestheader-client-ca-file"]

        wait_until("the new front-proxy CA to be in the ConfigMap", lambda: new in bundle(), START_SECONDS)
        if forget:
            self.admin.ask(
                "PATCH", path, {"data": {"requestheader-client-ca-file": new + "\n"}},
                content_type="application/merge-patch+json")
        return old


if __name__ == "__main__":
    import command

    command.main(__doc__)

"""A client of kube-apiserver on loopback: one user, one connection a request, no magic."""

import base64
import http.client
import json
import pathlib
import re
import socket
import ssl


class Answer:
    """What came back. `fields` is an email.message.Message: names in any case."""

    def __init__(self, status, fields, body):
        self.status = status
        self.fields = fields
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.status} {self.body[:2000].decode(errors='replace')}"


class APIError(Exception):
    def __init__(self, what, answer):
        super().__init__(f"{what}: {answer}")
        self.answer = answer


# Where the kinds live that the tests make: prefix, plural, and whether they are in a namespace.
RESOURCES = {
    "Namespace": ("/api/v1", "namespaces", False),
    "Service": ("/api/v1", "services", True),
    "ServiceAccount": ("/api/v1", "serviceaccounts", True),
    "Secret": ("/api/v1", "secrets", True),
    "ClusterRole": ("/apis/rbac.authorization.k8s.io/v1", "clusterroles", False),
    "ClusterRoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "clusterrolebindings", False),
    "Role": ("/apis/rbac.authorization.k8s.io/v1", "roles", True),
    "RoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "rolebindings", True),
    "APIService": ("/apis/apiregistration.k8s.io/v1", "apiservices", False),
    "CustomResourceDefinition": ("/apis/apiextensions.k8s.io/v1", "customresourcedefinitions", False),
    "KubeVirt": ("/apis/kubevirt.io/v1", "kubevirts", True),
    "VirtualMachine": ("/apis/kubevirt.io/v1", "virtualmachines", True),
    "VirtualMachineInstance": ("/apis/kubevirt.io/v1", "virtualmachineinstances", True),
    "NetworkAttachmentDefinition": ("/apis/k8s.cni.cncf.io/v1", "network-attachment-definitions", True),
}


def path_of(kind, name, namespace="default"):
    prefix, plural, is_namespaced = RESOURCES[kind]
    place = f"/namespaces/{namespace}" if is_namespaced else ""
    return f"{prefix}{place}/{plural}/{name}"


def documents(text):
    """The documents of a YAML stream as (kind, name, namespace, text): enough YAML for block-style manifests."""
    for document in re.split(r"^---.*\n", text, flags=re.M):
        kind = re.search(r"^kind: (\S+)$", document, re.M)
        metadata = re.search(r"^metadata:\n((?:  .*\n|\n)+)", document, re.M)
        if not kind or not metadata:
            continue
        name = re.search(r"^  name: (\S+)$", metadata[1], re.M)
        namespace = re.search(r"^  namespace: (\S+)$", metadata[1], re.M)
        yield kind[1], name[1].strip("\"'"), namespace[1] if namespace else "default", document


class Client:
    """Requests of one user, who has a certificate or a token or neither."""

    def __init__(self, port, authority, pair=None, token=None, timeout=30):
        self.port = port
        self.authority = pathlib.Path(authority)
        self.pair = pair
        self.token = token
        self.timeout = timeout
        self.context = ssl.create_default_context(cafile=str(authority))
        if pair:
            self.context.load_cert_chain(pair.certificate, pair.key)

    def request(self, method, path, body=None, content_type="application/json", fields=()):
        """The answer, whatever its status; OSError or http.client.HTTPException where there is none."""
        connection = http.client.HTTPSConnection("localhost", self.port, context=self.context, timeout=self.timeout)
        try:
            headers = {"Accept": "application/json", **dict(fields)}
            if body is not None:
                headers["Content-Type"] = content_type
                if not isinstance(body, (bytes, str)):
                    body = json.dumps(body)
            if self.token:
                headers["Authorization"] = f"Bearer {self.token}"
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def exchange(self, octets):
        """The answer to octets that are sent as they are."""
        with socket.create_connection(("localhost", self.port), timeout=self.timeout) as plain:
            with self.context.wrap_socket(plain, server_hostname="localhost") as connection:
                connection.sendall(octets)
                response = http.client.HTTPResponse(connection)
                response.begin()
                return Answer(response.status, response.headers, response.read())

    def ask(self, method, path, body=None, **options):
        """The JSON of a successful answer; else APIError."""
        answer = self.request(method, path, body, **options)
        if answer.status >= 300:
            raise APIError(f"{method} {path}", answer)
        return answer.json

    def get(self, kind, name, namespace="default"):
        return self.ask("GET", path_of(kind, name, namespace))

    def apply(self, text):
        """Creates or changes what YAML manifests name, by server-side apply."""
        return [
            self.ask(
                "PATCH", path_of(kind, name, namespace) + "?fieldManager=cluster.py&force=true", document.encode(),
                content_type="application/apply-patch+yaml")
            for kind, name, namespace, document in documents(text)]

    def put(self, item):
        """Creates an object, or merges it into the one of its name. Not by apply, which 1.20 lacks for APIServices."""
        kind, metadata = item["kind"], item["metadata"]
        namespace = metadata.get("namespace", "default")
        path = path_of(kind, metadata["name"], namespace)
        answer = self.request("POST", path.rpartition("/")[0], item)
        if answer.status == 409 and answer.json["reason"] == "AlreadyExists":
            return self.merge(kind, metadata["name"], item, namespace)
        if answer.status >= 300:
            raise APIError(f"POST {path}", answer)
        return answer.json

    def merge(self, kind, name, patch, namespace="default", subresource=""):
        """A merge patch."""
        return self.ask(
            "PATCH", path_of(kind, name, namespace) + subresource, patch, content_type="application/merge-patch+json")

    def delete(self, kind, name, namespace="default"):
        return self.ask("DELETE", path_of(kind, name, namespace))

    def kubeconfig(self, path, context="loopback"):
        """Writes a kubeconfig with everything inline, and answers its path."""
        user = {}
        if self.pair:
            user["client-certificate-data"] = encoded(self.pair.certificate)
            user["client-key-data"] = encoded(self.pair.key)
        if self.token:
            user["token"] = self.token
        cluster = {"server": f"https://localhost:{self.port}", "certificate-authority-data": encoded(self.authority)}
        path = pathlib.Path(path)
        path.touch(mode=0o600)
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": context,
            "clusters": [{"name": context, "cluster": cluster}],
            "users": [{"name": context, "user": user}],
            "contexts": [{"name": context, "context": {"cluster": context, "user": context, "namespace": "default"}}],
        }, indent=1))
        return path


def encoded(path):
    return base64.b64encode(pathlib.Path(path).read_bytes()).decode()

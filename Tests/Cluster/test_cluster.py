#!/usr/bin/env python3
"""Holds the cluster to what tests build upon, with a server in a few lines in the place of ours.

  test_cluster.py [-v] [NAME...]
"""

import glob
import http.server
import json
import pathlib
import re
import signal
import ssl
import subprocess
import sys
import threading
import unittest

sys.dont_write_bytecode = True

from certificates import Authority
from cluster import CRDS, GROUP, SERVER_NAME, kustomize
from fixture import cluster_for_module, kubectls
from processes import wait_until

VMI = f"/apis/{GROUP}/v1/namespaces/default/virtualmachineinstances/vmi-fedora/addinterface"


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers discovery with one subresource, and all else with what it was asked, by whom."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.split("?")[0] in (f"/apis/{GROUP}/v1", f"/apis/{GROUP}/v1alpha3"):
            document = {
                "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": self.path.split("?")[0][6:],
                "resources": [{
                    "name": "virtualmachineinstances/addinterface", "singularName": "", "namespaced": True, "kind": "",
                    "verbs": ["update"]}]}
        else:
            subject = dict(pair[0] for pair in self.connection.getpeercert().get("subject", ()))
            document = {
                "method": self.command, "path": self.path, "body": body.decode(), "peer": subject.get("commonName"),
                "fields": [[name.lower(), value] for name, value in self.headers.items()]}
        data = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = answer

    def log_message(self, *_):
        pass


class EchoServer:
    """Believes client certificates of one CA, read anew for each connection."""

    def __init__(self, pair, client_ca):
        self.pair, self.client_ca = pair, client_ca
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        self.server.get_request = self.get_request
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def get_request(self):
        connection, address = self.server.socket.accept()
        try:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(self.client_ca))
            context.verify_mode = ssl.CERT_OPTIONAL
            context.load_cert_chain(self.pair.certificate, self.pair.key)
            connection.settimeout(10)
            return context.wrap_socket(connection, server_side=True), address
        except BaseException:
            connection.close()
            raise


def setUpModule():
    global cluster, directory, echo
    cluster, directory = cluster_for_module("v1.0.0-beta.0")
    authority = Authority(directory, "serving-ca")
    serving = authority.issue("echo", alternative_names=[f"DNS:{SERVER_NAME}"])
    echo = EchoServer(serving, cluster.front_proxy.certificate)
    cluster.register(echo.port, authority.certificate)
    for version in ("v1", "v1alpha3"):
        cluster.wait_available(version)


def put(user="alice", path=VMI, **options):
    return cluster.client(user).request("PUT", path, {"name": "dyniface1"}, **options)


class ClusterTests(unittest.TestCase):
    def test_kubectl_sees_the_group_and_the_crds(self):
        for kubectl in kubectls():
            with self.subTest(kubectl=kubectl):
                def run(*words):
                    result = subprocess.run(
                        [kubectl, "--kubeconfig", cluster.kubeconfig, f"--cache-dir={directory}/cache", *words],
                        capture_output=True, text=True, timeout=60)
                    self.assertEqual((result.returncode, result.stderr), (0, ""))
                    return result.stdout
                groups = [group["name"] for group in json.loads(run("get", "--raw", "/apis"))["groups"]]
                self.assertIn(GROUP, groups)
                self.assertIn("virtualmachineinstances", run("api-resources", "--api-group=kubevirt.io"))

    @unittest.skipUnless(CRDS.is_dir(), "no CRDs of KubeVirt")
    def test_both_versions_of_the_crds_can_be_installed(self):
        crd = "virtualmachines.kubevirt.io"

        def properties():
            version = cluster.admin.get("CustomResourceDefinition", crd)["spec"]["versions"][0]
            return json.dumps(version["schema"])

        before = properties()
        cluster.install_crds("v1.9.0")
        self.assertNotEqual(before, properties())
        cluster.install_crds("v1.0.0-beta.0")
        self.assertEqual(before, properties())

    def test_the_aggregator_names_the_user_and_shows_its_certificate(self):
        for version in ("v1", "v1alpha3"):
            answer = put(path=VMI.replace("/v1/", f"/{version}/") + "?dryRun=All").json
            fields = [tuple(pair) for pair in answer["fields"]]
            self.assertEqual(answer["peer"], "front-proxy-client")
            self.assertIn(("x-remote-user", "alice"), fields)
            self.assertIn(("x-remote-group", "system:authenticated"), fields)
            self.assertNotIn("authorization", dict(fields))
            self.assertEqual(json.loads(answer["body"]), {"name": "dyniface1"})
            self.assertEqual(answer["path"], VMI.replace("/v1/", f"/{version}/") + "?dryRun=All")

    def test_the_aggregator_does_not_pass_on_a_forged_user(self):
        fields = put(fields={"X-Remote-User": "admin", "X-Remote-Group": "system:masters"}).json["fields"]
        self.assertEqual([value for name, value in fields if name == "x-remote-user"], ["alice"])
        self.assertNotIn("system:masters", [value for name, value in fields if name == "x-remote-group"])

    def test_only_users_with_the_verb_get_through(self):
        self.assertEqual(put("alice").status, 200)
        self.assertEqual(put("bob").status, 403)
        self.assertEqual(put(None).status, 403)
        removal = VMI.replace("addinterface", "removeinterface").replace("virtualmachineinstances", "virtualmachines")
        self.assertEqual(put("alice", removal).status, 200)
        self.assertEqual(put("alice", VMI.replace("/default/", "/kube-system/")).status, 403)
        self.assertEqual(put("alice", VMI.replace("addinterface", "pause")).status, 403)

    def test_the_roles_of_the_manifests_give_the_server_what_it_needs_and_no_more(self):
        server = cluster.service_account()

        def may(verb, group, resource, namespace="default", subresource="", name=""):
            review = server.ask(
                "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {
                    "resourceAttributes": {
                        "verb": verb, "group": group, "resource": resource, "namespace": namespace,
                        "subresource": subresource, "name": name}}})
            return review["status"]["allowed"]

        kubevirt, cni = "kubevirt.io", "k8s.cni.cncf.io"
        verbs = ("get", "list", "watch", "create", "update", "patch", "delete")
        granted = {
            resource: [verb for verb in verbs if may(verb, group, resource)]
            for group, resource in (
                (kubevirt, "virtualmachines"), (kubevirt, "virtualmachineinstances"), (kubevirt, "kubevirts"),
                (cni, "network-attachment-definitions"), ("", "secrets"), ("", "configmaps"), ("", "pods"))}
        self.assertEqual(granted, {
            "virtualmachines": ["get", "patch"], "virtualmachineinstances": ["get", "patch"],
            "kubevirts": ["list", "watch"], "network-attachment-definitions": ["get"], "secrets": [],
            "configmaps": [], "pods": []})
        self.assertFalse(may("patch", kubevirt, "virtualmachines", subresource="status"))
        self.assertTrue(may("create", "authentication.k8s.io", "tokenreviews", ""))
        self.assertTrue(may("create", "authorization.k8s.io", "subjectaccessreviews", ""))
        name = "extension-apiserver-authentication"
        self.assertTrue(may("watch", "", "configmaps", "kube-system", name=name))
        self.assertFalse(may("get", "", "configmaps", "kube-system", name="other"))
        bundle = server.ask("GET", f"/api/v1/namespaces/kube-system/configmaps/{name}")["data"]
        self.assertEqual(json.loads(bundle["requestheader-allowed-names"]), ["front-proxy-client"])

    def test_nothing_reaches_a_server_that_another_ca_vouches_for(self):
        # 1.20 calls it available all the same: that check of its does not verify certificates.
        good = cluster.admin.get("APIService", f"v1.{GROUP}")["spec"]["caBundle"]
        try:
            cluster.register(echo.port, cluster.authority.certificate, ["v1"])
            wait_until("the new caBundle to count", lambda: put().status == 503, 60)
            self.assertIn(b"certificate signed by unknown authority", put().body)
        finally:
            cluster.admin.merge("APIService", f"v1.{GROUP}", {"spec": {"caBundle": good}})
            wait_until("the old caBundle to count", lambda: put().status == 200, 60)

    def test_an_expired_certificate_is_nobodys(self):
        self.assertEqual(cluster.client("alice", days=1).request("GET", "/version").status, 200)
        self.assertEqual(cluster.client("alice", days=-1).request("GET", "/version").status, 401)

    def test_kube_apiserver_comes_back_after_kill_9_with_what_it_had(self):
        pid = cluster.apiserver.pid
        cluster.stop_apiserver(signal.SIGKILL)
        with self.assertRaises(OSError):
            put()
        seconds = cluster.start_apiserver()
        print(f"kube-apiserver was ready {seconds:.1f} s after it was killed", file=sys.stderr)
        self.assertNotEqual(cluster.apiserver.pid, pid)
        cluster.wait_available()
        self.assertEqual(put().status, 200)

    def test_the_front_proxys_ca_can_be_rotated(self):
        path = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication"
        before = cluster.admin.ask("GET", path)["data"]["requestheader-client-ca-file"]
        cluster.rotate_front_proxy()
        after = cluster.admin.ask("GET", path)["data"]["requestheader-client-ca-file"]
        self.assertNotEqual(before, after)
        self.assertEqual(after.count("BEGIN CERTIFICATE"), 1)
        # The server reads the CA for each connection; it would refuse a certificate of the old one.
        cluster.wait_available()
        self.assertEqual(put().json["peer"], "front-proxy-client")

    def test_the_command_brings_up_a_cluster_that_takes_the_manifests_and_ends_it(self):
        command = pathlib.Path(__file__).with_name("cluster.py")
        place = directory / "another"
        try:
            output = subprocess.run(
                [command, "up", "--dir", place, "--lifetime", "120"], stdout=subprocess.PIPE, text=True, check=True,
                timeout=180).stdout
            self.assertEqual(output.strip(), str(place / "admin.kubeconfig"))
            for kustomization in ("base", "overlays/ca-bundle", "overlays/beside-kubevirt"):
                # policy/v1 came with 1.21.
                items = re.split(r"^---\n", kustomize(kustomization), flags=re.M)
                text = "---\n".join(item for item in items if "apiVersion: policy/v1\n" not in item)
                self.assertGreater(len(text), 1000)
                result = subprocess.run(
                    ["kubectl", "--kubeconfig", output.strip(), f"--cache-dir={place}/cache", "apply",
                     "--dry-run=server", "-f", "-"], input=text, capture_output=True, text=True, timeout=60)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertIn("deployment.apps/hotplug-apiserver created", result.stdout)
        finally:
            subprocess.run([command, "down", "--dir", place], check=True, timeout=180)
        found = [process for process in glob.glob("/proc/[0-9]*/cmdline") if str(place).encode() in read(process)]
        self.assertEqual(found, [])


def read(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError:
        return b""


if __name__ == "__main__":
    unittest.main()

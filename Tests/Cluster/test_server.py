#!/usr/bin/env python3
"""The server behind the aggregator of a real kube-apiserver, driven by what users have.

  test_server.py [-v] [NAME...]      HOTPLUG_APISERVER names the binary; .build/debug has the default
"""

import http.client
import itertools
import json
import signal
import subprocess
import sys
import threading
import time
import unittest

sys.dont_write_bytecode = True

from api import path_of
from certificates import Authority
from cluster import GROUP, ROOT
from fixture import cluster_for_module, kubectls
from processes import wait_until
from server import Server

VMI, VM = "VirtualMachineInstance", "VirtualMachine"
VIRTCTL = ROOT.parent / "shared/vectors/virtctl-requests.json"
# A machine of the conflict storm has at most 256 interfaces, so it is swept now and then.
STORM_ROUNDS, STORM_SWEEP = 200, 50


def setUpModule():
    global cluster, server, directory
    cluster, directory = cluster_for_module("v1.9.0")
    cluster.admin.put({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "virtctl", "namespace": "default"}})
    cluster.bind_account("virtctl", "hotplug-apiserver:interfaces")
    cluster.admin.put({
        "apiVersion": "kubevirt.io/v1", "kind": "KubeVirt", "metadata": {"name": "kubevirt", "namespace": "default"},
        "spec": {"configuration": {"developerConfiguration": {"featureGates": ["HotplugNICs"]}}}})
    cluster.admin.put({
        "apiVersion": "k8s.cni.cncf.io/v1", "kind": "NetworkAttachmentDefinition",
        "metadata": {"name": "new-fancy-net", "namespace": "default"},
        "spec": {"config": '{"cniVersion": "0.3.1", "type": "bridge", "name": "new-fancy-net"}'}})
    cluster.admin.merge("KubeVirt", "kubevirt", {
        "status": {"phase": "Deployed", "observedKubeVirtVersion": "v1.0.1"}}, subresource="/status")
    server = Server(cluster, directory / "server", ["--nad-access", "enforce"])
    unittest.addModuleCleanup(server.stop)
    server.start()


def wait_for_aggregator():
    for version in ("v1", "v1alpha3"):
        cluster.wait_available(version)


def path(kind, name, verb="addinterface", version="v1", namespace="default", query=""):
    plural = path_of(kind, name).split("/")[-2]
    return f"/apis/{GROUP}/{version}/namespaces/{namespace}/{plural}/{name}/{verb}{query}"


def put(kind, name, interface, user="alice", nad="new-fancy-net", client=None, **where):
    body = {"name": interface}
    if where.get("verb", "addinterface") == "addinterface":
        body["networkAttachmentDefinitionName"] = nad
    return (client or cluster.client(user)).request("PUT", path(kind, name, **where), body)


def interfaces(kind, name):
    """The names, once networks and interfaces have been found to be the same."""
    item = cluster.admin.get(kind, name)
    spec = item["spec"]["template"]["spec"] if kind == VM else item["spec"]
    networks = [network["name"] for network in spec.get("networks", [])]
    names = [interface["name"] for interface in spec["domain"]["devices"].get("interfaces", [])]
    if sorted(networks) != sorted(names):
        raise AssertionError(f"half a write: networks {networks}, interfaces {names}")
    return names


def machine(name, running=True):
    """A VirtualMachine and, with `running`, the VirtualMachineInstance that it would have."""
    for kind in (VMI, VM):
        cluster.admin.request("DELETE", path_of(kind, name))
    domain = {"domain": {"devices": {}, "resources": {"requests": {"memory": "64Mi"}}}}
    cluster.admin.put({
        "apiVersion": "kubevirt.io/v1", "kind": VM, "metadata": {"name": name, "namespace": "default"},
        "spec": {"running": running, "template": {"spec": json.loads(json.dumps(domain))}}})
    if running:
        uid = cluster.admin.get(VM, name)["metadata"]["uid"]
        cluster.admin.put({
            "apiVersion": "kubevirt.io/v1", "kind": VMI, "metadata": {
                "name": name, "namespace": "default", "ownerReferences": [{
                    "apiVersion": "kubevirt.io/v1", "kind": VM, "name": name, "uid": uid, "controller": True}]},
            "spec": domain, "status": {"phase": "Running"}})
    return name


class ServerTests(unittest.TestCase):
    def assertAnswer(self, answer, status, text=""):
        self.assertEqual(answer.status, status, answer)
        self.assertIn(text, answer.body.decode())
        if status == 202:
            self.assertEqual(answer.body, b"")

    def test_both_urls_and_versions_do_what_they_say(self):
        for version in ("v1", "v1alpha3"):
            name = machine(f"urls-{version}")
            self.assertAnswer(put(VMI, name, "transient", version=version), 202)
            self.assertEqual((interfaces(VMI, name), interfaces(VM, name)), (["transient"], []))
            self.assertAnswer(put(VM, name, "lasting", version=version), 202)
            self.assertEqual((interfaces(VMI, name), interfaces(VM, name)), (["transient", "lasting"], ["lasting"]))
            self.assertAnswer(put(VM, name, "lasting", verb="removeinterface", version=version), 202)
        stopped = machine("urls-stopped", running=False)
        self.assertAnswer(put(VM, stopped, "later"), 202)
        self.assertEqual(interfaces(VM, stopped), ["later"])
        self.assertAnswer(put(VMI, stopped, "now"), 404, f'"{stopped}\\" not found')

    def test_only_users_with_the_verb_may(self):
        name = machine("users")
        before = cluster.admin.get(VMI, name)["metadata"]["resourceVersion"]
        for user in ("bob", None):
            answer = put(VMI, name, "nic", user=user)
            self.assertAnswer(answer, 403, "virtualmachineinstances/addinterface")
            self.assertEqual(answer.json["kind"], "Status")
        self.assertAnswer(put(VMI, name, "nic", namespace="kube-system"), 403)
        # alice can do nothing else to the object.
        self.assertEqual(cluster.client("alice").request("GET", path_of(VMI, name)).status, 403)
        self.assertEqual(cluster.admin.get(VMI, name)["metadata"]["resourceVersion"], before)
        self.assertAnswer(put(VMI, name, "nic"), 202)

    def test_nobody_gets_past_the_aggregator_by_claiming_to_be_it(self):
        name = machine("spoof")
        forged = {"X-Remote-User": "admin", "X-Remote-Group": "system:masters", "x_remote_user": "admin"}

        def direct(client, fields=forged):
            body = {"name": "nic", "networkAttachmentDefinitionName": "new-fancy-net"}
            return client.request("PUT", path(VMI, name), body, fields=fields)

        self.assertEqual(direct(server.client()).status, 401)
        self.assertAnswer(direct(server.client(cluster.client("bob").pair)), 403, 'User \\"bob\\"')
        self.assertAnswer(direct(server.client(cluster.client("carol").pair)), 403, 'User \\"carol\\"')
        # Of the front proxy's CA, with another name.
        self.assertEqual(direct(server.client(cluster.front_proxy.issue("somebody"))).status, 401)
        self.assertEqual(interfaces(VMI, name), [])
        # By their own certificates and tokens users may come.
        self.assertAnswer(direct(server.client(cluster.client("alice").pair)), 202)
        token = cluster.service_account("virtctl", "default").token
        self.assertAnswer(direct(server.client(token=token), fields={}), 202)
        self.assertEqual(direct(server.client(token=token[:-8] + "AAAAAAAA"), fields={}).status, 401)

    def test_a_dry_run_changes_nothing_and_refuses_the_same(self):
        name = machine("dry")
        for kind in (VMI, VM):
            before = cluster.admin.get(kind, name)["metadata"]["resourceVersion"]
            self.assertAnswer(put(kind, name, "nic", query="?dryRun=All"), 202)
            self.assertEqual(cluster.admin.get(kind, name)["metadata"]["resourceVersion"], before)
            self.assertAnswer(put(kind, name, "no.name", query="?dryRun=All"), 422)

    def test_warnings_and_refusals_about_definitions_come_through(self):
        name = machine("definitions")
        answer = put(VMI, name, "nic", nad="missing")
        self.assertAnswer(answer, 202)
        self.assertIn("does not exist", answer.fields["Warning"])
        # --nad-access=enforce: alice may not read what is in another namespace.
        self.assertAnswer(put(VMI, name, "nic2", nad="kube-system/new-fancy-net"), 403, "network-attachment-definitions")

    def test_the_feature_gate_is_seen_as_it_changes(self):
        name = machine("gate")
        gates = {"spec": {"configuration": {"developerConfiguration": {"featureGates": []}}}}
        cluster.admin.merge("KubeVirt", "kubevirt", gates)
        try:
            wait_until("the gate to be closed", lambda: put(VMI, name, "nic", query="?dryRun=All").status == 400, 20)
            self.assertAnswer(put(VMI, name, "nic"), 400, "feature gate is not enabled")
        finally:
            gates["spec"]["configuration"]["developerConfiguration"]["featureGates"] = ["HotplugNICs"]
            cluster.admin.merge("KubeVirt", "kubevirt", gates)
        wait_until("the gate to be open", lambda: put(VMI, name, "nic", query="?dryRun=All").status == 202, 20)

    def test_two_writers_on_one_machine_lose_nothing(self):
        name = machine("storm")
        accepted, conflicts = set(), 0

        def writer(label, first, results):
            for index in range(first, first + STORM_SWEEP):
                interface = f"{label}{index}"
                while True:
                    answer = put(VM, name, interface)
                    if answer.status != 409:
                        break
                    results.append(None)
                results.append(interface if answer.status == 202 else answer)

        for first in range(0, STORM_ROUNDS, STORM_SWEEP):
            results = [[], []]
            threads = [
                threading.Thread(target=writer, args=(label, first, results[place]))
                for place, label in enumerate("ab")]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            conflicts += sum(result is None for result in results[0] + results[1])
            swept = {result for result in results[0] + results[1] if result is not None}
            self.assertEqual([item for item in swept if not isinstance(item, str)], [])
            self.assertEqual(len(swept), 2 * STORM_SWEEP)
            self.assertEqual(sorted(interfaces(VM, name)), sorted(swept))
            self.assertEqual(sorted(interfaces(VMI, name)), sorted(swept))
            accepted |= swept
            machine(name)
        self.assertEqual(len(accepted), 2 * STORM_ROUNDS)
        print(f"storm: {2 * STORM_ROUNDS} writes by two writers, {conflicts} answered 409", file=sys.stderr)

    def test_the_cache_of_kube_apiserver_neither_refuses_nor_lets_pass_what_has_changed(self):
        name = machine("stale")
        for turn in range(30):
            for phase, status in ("Succeeded", 409), ("Running", 202):
                cluster.admin.merge(VMI, name, {"status": {"phase": phase}})
                self.assertAnswer(put(VMI, name, f"nic{turn}"), status)
        self.assertEqual(interfaces(VMI, name), [f"nic{turn}" for turn in range(30)])

    def test_kube_apiserver_killed_under_load_leaves_no_half_write_and_comes_back(self):
        names = [machine(f"kill-{index}") for index in range(4)]
        stop = threading.Event()
        results = {name: [] for name in names}

        def load(name):
            for index in itertools.count():
                if stop.is_set() or len(results[name]) >= 200:
                    return
                try:
                    answer = put(VM, name, f"nic{index}")
                    results[name].append((f"nic{index}", answer.status, answer))
                except (OSError, http.client.HTTPException):
                    # kube-apiserver itself was not there.
                    time.sleep(0.05)

        threads = [threading.Thread(target=load, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        wait_until("some writes", lambda: sum(map(len, results.values())) >= 20, 30)
        cluster.stop_apiserver(signal.SIGKILL)

        def health(name):
            answer = server.client().request("GET", f"/{name}")
            return answer.status, answer.body.decode()

        try:
            wait_until("the server to say that its copies are old", lambda: health("readyz")[0] == 500, 40, interval=0.5)
            self.assertIn("[-]kubevirts failed", health("readyz")[1])
            self.assertEqual(health("livez")[0], 200)
            direct = put(VMI, names[0], "nic", client=server.client(cluster.client("alice").pair))
            self.assertAnswer(direct, 503, f"https://localhost:{cluster.port}: Failed to connect")
        finally:
            cluster.start_apiserver()
        ready = time.monotonic()
        probe = machine("kill-probe")
        wait_until("writes to go through again", lambda: put(VMI, probe, "nic").status == 202, 30)
        seconds = time.monotonic() - ready
        wait_until("the server to be ready", lambda: health("readyz")[0] == 200, 40)
        wait_for_aggregator()
        stop.set()
        for thread in threads:
            thread.join()
        answers = [answer for answers in results.values() for answer in answers]
        for name in names:
            kept = set(interfaces(VM, name))
            self.assertEqual({nic for nic, status, _ in results[name] if status == 202} - kept, set())
            self.assertLessEqual(set(interfaces(VMI, name)), kept)
        failures = [answer for _, status, answer in answers if status != 202]
        for answer in failures:
            # kube-apiserver's own while it starts: it has not read the roles yet, or not the APIServices.
            is_starting = answer.status == 403 or answer.body == b"404 page not found\n"
            self.assertTrue(answer.status >= 500 or is_starting, answer)
        print(
            f"killed under load: {len(answers) - len(failures)} writes accepted and kept, {len(failures)} refused,"
            f" first write {seconds:.1f} s after kube-apiserver was ready", file=sys.stderr)

    def test_a_credential_that_expires_is_503_until_it_is_renewed(self):
        name = machine("token")
        self.assertAnswer(put(VMI, name, "before"), 202)
        cluster.admin.request("DELETE", path_of("ServiceAccount", "hotplug-apiserver", "hotplug-apiserver"))
        try:
            # The review, which comes first: the token may end between a request's GET and its PATCH, and with a
            # review that is remembered the next GET is a 500.
            wait_until(
                "the token of a ServiceAccount that is gone to be refused",
                lambda: b"whether the request is allowed" in put(VMI, name, "during", query="?dryRun=All").body,
                40, interval=0.5)
            answer = put(VMI, name, "during")
            self.assertAnswer(answer, 503, "Unauthorized")
            self.assertNotIn("during", interfaces(VMI, name))
        finally:
            cluster.install_manifests()
            server.renew_token()
        wait_until("the new token to count", lambda: put(VMI, name, "after").status == 202, 20)
        self.assertEqual(interfaces(VMI, name), ["before", "after"])
        # And users' own: kube-apiserver refuses those before they come here.
        self.assertEqual(put(VMI, name, "nic", client=cluster.client("alice", days=-1)).status, 401)
        expired = cluster.client("alice", days=-1).pair
        self.assertEqual(put(VMI, name, "nic", client=server.client(expired)).status, 401)

    def test_a_new_front_proxy_ca_counts_and_the_old_one_does_not(self):
        name = machine("rotation")
        old = cluster.rotate_front_proxy()
        wait_until("the aggregator's new certificate to be believed", lambda: put(VMI, name, "nic").status == 202, 30)

        def believes(pair):
            answer = server.client(pair).request(
                "PUT", path(VMI, name, query="?dryRun=All"),
                {"name": "x", "networkAttachmentDefinitionName": "new-fancy-net"},
                fields={"X-Remote-User": "alice"})
            return answer.status

        self.assertEqual(believes(cluster.front_proxy_client), 202)
        wait_until("the old certificate to be refused", lambda: believes(old) == 401, 20)
        wait_for_aggregator()

    def test_flags_say_whom_to_believe_in_place_of_the_configmap(self):
        def back():
            named.stop()
            cluster.register(server.port, server.authority.certificate)
            wait_for_aggregator()

        name = machine("flags")
        other = Authority(directory, "named-client-ca")
        named = Server(cluster, directory / "named", [
            "--authentication-skip-lookup", "--requestheader-client-ca-file", cluster.front_proxy.certificate,
            "--requestheader-allowed-names", "front-proxy-client", "--client-ca-file", other.certificate])
        self.addCleanup(back)
        named.start()
        self.assertAnswer(put(VMI, name, "nic"), 202)
        self.assertAnswer(put(VMI, name, "other", user="bob"), 403, 'User \\"bob\\"')
        # Users come by themselves with certificates of the CA that is named, and not of the cluster's.
        self.assertAnswer(put(VMI, name, "own", client=named.client(other.issue("alice"))), 202)
        self.assertEqual(put(VMI, name, "x", client=named.client(cluster.client("alice").pair)).status, 401)
        forged = named.client(cluster.front_proxy.issue("somebody")).request(
            "PUT", path(VMI, name), {"name": "x", "networkAttachmentDefinitionName": "new-fancy-net"},
            fields={"X-Remote-User": "alice"})
        self.assertEqual(forged.status, 401)

    @unittest.skipUnless(VIRTCTL.exists(), "no recordings of virtctl")
    def test_what_virtctl_sends_is_taken_byte_for_byte(self):
        token = cluster.service_account("virtctl", "default").token
        for recording in json.loads(VIRTCTL.read_text()):
            request = recording["request"]
            with self.subTest(client=recording["client"], command=recording["command"], path=request["path"]):
                machine("vmi-fedora")
                if recording["command"] == "removeinterface":
                    self.assertAnswer(put(VM, "vmi-fedora", json.loads(request["body"])["name"]), 202)
                fields = "".join(f"{name}: {value}\r\n" for name, value in request["headers"].items())
                text = f"{request['method']} {request['path']} HTTP/1.1\r\nHost: 127.0.0.1:6443\r\n{fields}\r\n"
                octets = (text.replace("TOKEN", token) + request["body"]).encode()
                self.assertAnswer(cluster.client().exchange(octets), 202)

    def test_kubectl_replaces_through_the_aggregator_and_shows_what_is_wrong(self):
        kubeconfig = cluster.client("alice").kubeconfig(directory / "alice.kubeconfig")
        for index, kubectl in enumerate(kubectls()):
            with self.subTest(kubectl=kubectl):
                name = machine(f"kubectl-{index}")

                def run(*words, text=None):
                    return subprocess.run(
                        [kubectl, "--kubeconfig", kubeconfig, f"--cache-dir={directory}/cache-{index}", *words],
                        input=text, capture_output=True, text=True, timeout=60)

                body = '{"networkAttachmentDefinitionName":"new-fancy-net","name":"dyniface1"}'
                result = run("replace", "--raw", path(VMI, name), "-f", "-", text=body)
                self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
                self.assertEqual(interfaces(VMI, name), ["dyniface1"])
                result = run("replace", "--raw", path(VMI, "nowhere"), "-f", "-", text=body)
                self.assertEqual(result.returncode, 1)
                self.assertIn('virtualmachineinstance.kubevirt.io "nowhere" not found', result.stderr)
                result = run("api-resources", f"--api-group={GROUP}")
                self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_the_group_is_found_and_its_version_told(self):
        alice = cluster.client("alice")
        resources = alice.ask("GET", f"/apis/{GROUP}/v1")["resources"]
        self.assertIn("virtualmachines/addinterface", [resource["name"] for resource in resources])
        # KubeVirt's own role kubevirt.io:default lets everybody ask for the version.
        def version():
            return cluster.admin.ask("GET", f"/apis/{GROUP}/v1/version")["gitVersion"]

        def observe(text):
            cluster.admin.merge(
                "KubeVirt", "kubevirt", {"status": {"observedKubeVirtVersion": text}}, subresource="/status")

        self.assertEqual(version(), "v1.0.1")
        # It follows an upgrade of KubeVirt.
        self.addCleanup(observe, "v1.0.1")
        observe("v1.0.2")
        wait_until("the new version", lambda: version() == "v1.0.2", 20)
        self.assertEqual([version["version"] for version in alice.ask("GET", f"/apis/{GROUP}")["versions"]][0], "v1")


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""addinterface through the aggregator of a real kube-apiserver, beside the bare GET and PATCH of objects alike.

  bench_cluster.py [BINARY]

The bare pair is what anybody does who adds an interface with a check of what was read: a GET as kubectl sends it, and a
PATCH. (Our server's GET asks for what kube-apiserver's cache has.) The way through the aggregator alone, here to a
document, is what anybody pays who is behind it. All are asked for by turns by the same clients, each with a connection
kept open; all of them, kube-apiserver and etcd share the machine's cores.
"""

import http.client
import json
import multiprocessing
import os
import pathlib
import ssl
import statistics
import sys
import tempfile
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Cluster"))

from api import path_of
from cluster import GROUP, Cluster
from server import Server

VMI = "VirtualMachineInstance"
# Interfaces that one VMI gets in a round; rounds begin with VMIs that have none.
OPERATIONS, ROUNDS, WARM_UP = 25, 24, 10


class Connection:
    def __init__(self, port, authority, pair):
        context = ssl.create_default_context(cafile=authority)
        context.load_cert_chain(*pair)
        self.connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=30)

    def request(self, method, path, body=None, content_type="application/json"):
        fields = {"Content-Type": content_type} if body else {}
        self.connection.request(method, path, json.dumps(body) if body else None, fields)
        response = self.connection.getresponse()
        content = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {content[:500]}")
        return content


def plug(connection, name, interface):
    connection.request(
        "PUT", f"/apis/{GROUP}/v1/namespaces/default/virtualmachineinstances/{name}/addinterface",
        {"name": interface, "networkAttachmentDefinitionName": "net"})


def pair(connection, name, interface):
    path = path_of(VMI, name)
    spec = json.loads(connection.request("GET", path))["spec"]
    lists = (
        ("/spec/networks", spec["networks"], {"name": interface, "multus": {"networkName": "net"}}),
        ("/spec/domain/devices/interfaces", spec["domain"]["devices"]["interfaces"],
         {"name": interface, "bridge": {}}))
    patch = [{"op": "test", "path": place, "value": value} for place, value, _ in lists]
    patch += [{"op": "add", "path": f"{place}/-", "value": item} for place, _, item in lists]
    connection.request("PATCH", path, patch, "application/json-patch+json")


def way(connection, name, interface):
    connection.request("GET", f"/apis/{GROUP}/v1")


def client(number, arguments, start, results):
    connection = Connection(*arguments)
    # One after the other, so that neither has the other's CPU; the first who begins changes from client to client.
    turns = [("plug", plug), ("pair", pair), ("way", way)]
    for index in range(WARM_UP):
        for kind, operation in turns:
            operation(connection, f"{kind}-{number}-warm", f"nic{index}")
    times = {}
    for round_number in range(ROUNDS):
        for kind, operation in turns if round_number % 2 else reversed(turns):
            start.wait()
            name = f"{kind}-{number}-{round_number}"
            began = time.perf_counter()
            for index in range(OPERATIONS):
                before = time.perf_counter()
                operation(connection, name, f"nic{index}")
                times.setdefault(kind, []).append(time.perf_counter() - before)
            start.wait()
            times.setdefault(f"{kind}-total", []).append(time.perf_counter() - began)
    results.put(times)


def machines(cluster, clients):
    for number in range(clients):
        for kind in ("plug", "pair"):
            for place in ["warm", *range(ROUNDS)]:
                name = f"{kind}-{number}-{place}"
                cluster.admin.request("DELETE", path_of(VMI, name))
                cluster.admin.put({
                    "apiVersion": "kubevirt.io/v1", "kind": VMI, "metadata": {"name": name, "namespace": "default"},
                    "spec": {
                        "networks": [{"name": "default", "pod": {}}],
                        "domain": {"devices": {"interfaces": [{"name": "default", "masquerade": {}}]}}},
                    "status": {"phase": "Running"}})


def measure(cluster, clients):
    """Seconds of each operation, and operations a second of all clients, by kind."""
    machines(cluster, clients)
    user = cluster.client("carol").pair
    arguments = (cluster.port, str(cluster.authority.certificate), (str(user.certificate), str(user.key)))
    start, results = multiprocessing.Barrier(clients), multiprocessing.Queue()
    processes = [
        multiprocessing.Process(target=client, args=(number, arguments, start, results), daemon=True)
        for number in range(clients)]
    for process in processes:
        process.start()
    times = [results.get(timeout=300) for _ in processes]
    for process in processes:
        process.join()
    return {
        kind: (
            sorted(second for item in times for second in item[kind]),
            clients * OPERATIONS * ROUNDS / max(sum(item[f"{kind}-total"]) for item in times))
        for kind in ("plug", "pair", "way")}


def main():
    if len(sys.argv) > 1:
        os.environ["HOTPLUG_APISERVER"] = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory(prefix="hotplug-bench-") as directory:
        directory = pathlib.Path(directory)
        with Cluster(directory / "cluster") as cluster:
            cluster.install_kinds("v1.0.0-beta.0")
            cluster.install_manifests()
            cluster.add_users()
            cluster.bind("carol", "hotplug-apiserver:interfaces")
            cluster.bind("carol", "virtual-machine-editor")
            cluster.admin.put({
                "apiVersion": "kubevirt.io/v1", "kind": "KubeVirt",
                "metadata": {"name": "kubevirt", "namespace": "default"},
                "spec": {"configuration": {"developerConfiguration": {"featureGates": ["HotplugNICs"]}}}})
            cluster.admin.merge("KubeVirt", "kubevirt", {"status": {"phase": "Deployed"}}, subresource="/status")
            cluster.admin.put({
                "apiVersion": "k8s.cni.cncf.io/v1", "kind": "NetworkAttachmentDefinition",
                "metadata": {"name": "net", "namespace": "default"}, "spec": {"config": "{}"}})
            server = Server(cluster, directory / "server", ["-v", "0"])
            try:
                server.start()
                print("| | addinterface | GET + PATCH | ratio | the aggregator alone |")
                print("| --- | ---: | ---: | ---: | ---: |")
                for clients in (1, 8):
                    values = measure(cluster, clients)
                    (plug_times, plug_rate), (pair_times, pair_rate) = values["plug"], values["pair"]
                    way_times, way_rate = values["way"]
                    for name, select in (
                            ("p50", statistics.median), ("p99", lambda times: times[len(times) * 99 // 100])):
                        plugged, bare, alone = (
                            select(times) * 1000 for times in (plug_times, pair_times, way_times))
                        print(
                            f"| {clients} client(s), {name}, ms | {plugged:.2f} | {bare:.2f} |"
                            f" {plugged / bare:.2f} | {alone:.2f} |")
                    print(
                        f"| {clients} client(s), a second | {plug_rate:.0f} | {pair_rate:.0f} |"
                        f" {plug_rate / pair_rate:.2f} | {way_rate:.0f} |")
            finally:
                server.stop()


if __name__ == "__main__":
    main()

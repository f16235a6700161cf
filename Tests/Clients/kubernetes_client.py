"""Python's Kubernetes client, unmodified: list, watch and patch custom objects. Prints what it sees, a line each."""

import threading

from kubernetes import client, config, watch

config.load_kube_config()
core = client.CoreV1Api()
objects = client.CustomObjectsApi()
NAMESPACE = "python-client"
MACHINES = ("kubevirt.io", "v1", NAMESPACE, "virtualmachines")

core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))
print("namespaces", NAMESPACE in [item.metadata.name for item in core.list_namespace().items])

version = objects.list_namespaced_custom_object(*MACHINES)["metadata"]["resourceVersion"]
seen = []


def follow():
    for event in watch.Watch().stream(
            objects.list_namespaced_custom_object, *MACHINES, resource_version=version, timeout_seconds=20):
        seen.append((event["type"], event["object"]["metadata"]["name"]))
        if event["type"] == "DELETED":
            return


watcher = threading.Thread(target=follow)
watcher.start()
machine = {
    "apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": {"name": "a", "labels": {"app": "x"}},
    "spec": {"runStrategy": "Halted", "template": {"spec": {"domain": {"devices": {}}}}},
}
objects.create_namespaced_custom_object(*MACHINES, body=machine)
print("by label", len(objects.list_namespaced_custom_object(*MACHINES, label_selector="app=x")["items"]))
patched = objects.patch_namespaced_custom_object(*MACHINES, name="a", body={"metadata": {"annotations": {"k": "v"}}})
print("patched", patched["metadata"]["annotations"]["k"])
try:
    objects.create_namespaced_custom_object(*MACHINES, body=machine)
except client.ApiException as error:
    print("again", error.status, error.reason)
objects.delete_namespaced_custom_object(*MACHINES, name="a")
watcher.join()
print("watched", sorted({kind for kind, name in seen if name == "a"}))

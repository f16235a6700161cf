import Foundation
import KubeModel
import Testing

/// kubectl on the kinds that are built into Kubernetes, which it changes by strategic merge patches.
@Suite(.sharedServer) struct KubectlCoreTests {
    /// What kubectl says, which must be nothing but that.
    private func says(
        _ output: String, _ result: Command.Result, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == 0, "\(result)", sourceLocation: sourceLocation)
        #expect(result.output == output, "\(result)", sourceLocation: sourceLocation)
        #expect(result.errors == "", sourceLocation: sourceLocation)
    }

    @Test(arguments: Kubectl.allPaths) func `patches, labels, edits and applies a namespace`(path: String) throws {
        let kubectl = try SharedServer.current.kubectl(path)
        let name = "core-\(Kubectl.label(path))"
        func labels() throws -> JSONValue? {
            let shown = try kubectl("get", "ns", name, "-ojsonpath={.metadata.labels}")
            var labels = try JSONValue(parsing: Array(shown.output.utf8))
            #expect(labels["kubernetes.io/metadata.name"]?.string == name)
            labels["kubernetes.io/metadata.name"] = nil
            return labels
        }
        func manifest(_ label: String) -> String {
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: \(name), labels: {\(label)}}"
        }
        says("namespace/\(name) created\n", try kubectl("apply", "-f", "-", input: manifest("a: b, c: d")))
        says("namespace/\(name) unchanged\n", try kubectl("apply", "-f", "-", input: manifest("a: b, c: d")))
        says(
            "namespace/\(name) patched\n", try kubectl("patch", "ns", name, "-p", #"{"metadata":{"labels":{"x":"y"}}}"#)
        )
        says("namespace/\(name) configured\n", try kubectl("apply", "-f", "-", input: manifest("a: e")))
        #expect(try labels() == ["a": "e", "x": "y"])
        says("namespace/\(name) labeled\n", try kubectl("label", "ns", name, "l=v"))
        #expect(try kubectl("annotate", "ns", name, "n=v").status == 0)
        let edited = try kubectl("edit", "ns", name, environment: ["KUBE_EDITOR": "sed -i s/l:.v/l:\\ w/"])
        says("namespace/\(name) edited\n", edited)
        #expect(try labels() == ["a": "e", "x": "y", "l": "w"])
        says(
            "namespace/\(name) patched (no change)\n",
            try kubectl("patch", "ns", name, "-p", #"{"metadata":{"labels":{"x":"y"}}}"#))
    }

    @Test(arguments: Kubectl.allPaths) func `a kind that there is none of ended in talk of CRDs`(path: String) throws {
        let kubectl = try SharedServer.current.kubectl(path)
        let manifest = "apiVersion: kubevirt.io/v1\nkind: VirtualMachin\nmetadata: {name: x}"
        let result = try kubectl("create", "-f", "-", input: manifest)
        #expect(result.status == 1)
        #expect(
            result.errors.contains(#"no matches for kind "VirtualMachin" in version "kubevirt.io/v1""#), "\(result)")
        #expect(try kubectl("get", "crd").errors == "No resources found\n")
    }

    @Test(arguments: Kubectl.allPaths) func `merges the containers of a pod by their names`(path: String) throws {
        let kubectl = try SharedServer.current.kubectl(path)
        let name = "core-\(Kubectl.label(path))"
        func manifest(_ containers: String) -> String {
            "apiVersion: v1\nkind: Pod\nmetadata: {name: \(name)}\nspec: {containers: [\(containers)]}"
        }
        let first = "{name: a, image: one, env: [{name: A, value: '1'}, {name: B, value: '2'}]}, {name: b, image: one}"
        says("pod/\(name) created\n", try kubectl("apply", "-f", "-", input: manifest(first)))
        says(
            "pod/\(name) patched\n",
            try kubectl("patch", "pod", name, "-p", #"{"spec":{"containers":[{"name":"b","image":"two"}]}}"#))
        let second = first.replacing("{name: a, image: one", with: "{name: a, image: three")
        says("pod/\(name) configured\n", try kubectl("apply", "-f", "-", input: manifest(second)))
        says(
            "a three [AB]\nb one []\n",
            try kubectl(
                "get", "pod", name,
                "-ogo-template={{range .spec.containers}}{{.name}} {{.image}} [{{range .env}}{{.name}}{{end}}]\n{{end}}"
            ))
        let wrong = try kubectl("patch", "pod", name, "-p", #"{"spec":{"containers":[{"image":"two"}]}}"#)
        #expect(wrong.status == 1)
        #expect(wrong.errors.contains("merge key: name"), "\(wrong)")
        let third = try kubectl("apply", "-f", "-", input: manifest(second.replacing("value: '2'", with: "value: '3'")))
        #expect(third.status == 1)
        #expect(third.errors.contains("spec: Forbidden: pod updates may not change fields other than"), "\(third)")
        #expect(third.errors.contains("changed: spec.containers[0].env"), "\(third)")
    }

    @Test(arguments: Kubectl.allPaths) func `applies a pod again, and finds it unchanged`(path: String) throws {
        let kubectl = try SharedServer.current.kubectl(path)
        let name = "again-\(Kubectl.label(path))"
        let manifest = """
            apiVersion: v1
            kind: Pod
            metadata: {name: \(name)}
            spec: {containers: [{name: a, image: 'busybox:1', ports: [{containerPort: 80}]}]}
            """
        says("pod/\(name) created\n", try kubectl("apply", "-f", "-", input: manifest))
        says("pod/\(name) unchanged\n", try kubectl("apply", "-f", "-", input: manifest))
        says("", try kubectl("diff", "-f", "-", input: manifest))
        says("pod/\(name) replaced\n", try kubectl("replace", "-f", "-", input: manifest))
    }

    /// It reads what kube-apiserver fills in without asking whether it is there.
    @Test(arguments: Kubectl.allPaths) func `kubectl debug died of a pod`(path: String) throws {
        let kubectl = try SharedServer.current.kubectl(path)
        let pods = try kubectl("get", "pod", "-l", "kubevirt.io=virt-launcher", "-ojsonpath={.items[0].metadata.name}")
        let refused = try kubectl("debug", pods.output, "--image=busybox")
        #expect(refused.status == 1, "\(refused)")
        #expect(refused.errors.contains("ephemeral containers are disabled for this cluster"), "\(refused)")
    }

    @Test func `pods without containers, and events of other namespaces, were taken`() throws {
        let kubectl = try SharedServer.current.kubectl()
        let pod = try kubectl(
            "create", "-f", "-",
            input: "apiVersion: v1\nkind: Pod\nmetadata: {name: empty}\nspec: {containers: []}")
        #expect(pod.status == 1)
        #expect(pod.errors.contains(#"The Pod "empty" is invalid: spec.containers: Required value"#), "\(pod)")
        let event = try kubectl(
            "create", "-f", "-",
            input: """
                apiVersion: v1
                kind: Event
                metadata: {name: elsewhere, namespace: kubevirt}
                involvedObject: {kind: Pod, name: x}
                """)
        #expect(event.status == 1)
        #expect(event.errors.contains(#"involvedObject.namespace: Invalid value: """#), "\(event)")
    }

    @Test(arguments: Kubectl.allPaths) func `a namespace that was stuck could not be let go, and did not say why`(
        path: String
    ) throws {
        let kubectl = try SharedServer.current.kubectl(path)
        let name = "stuck-\(Kubectl.label(path))"
        says("namespace/\(name) created\n", try kubectl("create", "ns", name))
        let held = """
            apiVersion: k8s.cni.cncf.io/v1
            kind: NetworkAttachmentDefinition
            metadata: {name: held, namespace: \(name), finalizers: [x.io/hold]}
            """
        #expect(try kubectl("create", "-f", "-", input: held).status == 0)
        #expect(try kubectl("delete", "ns", name, "--wait=false").status == 0)
        var namespace = try JSONValue(parsing: Array(try kubectl("get", "ns", name, "-ojson").output.utf8))
        #expect(
            namespace.condition("NamespaceFinalizersRemaining")?["message"]
                == "Some content in the namespace has finalizers remaining: x.io/hold in 1 resource instances")
        namespace["spec"] = ["finalizers": []]
        let freed = try kubectl(
            "replace", "--raw", "/api/v1/namespaces/\(name)/finalize", "-f", "-",
            input: String(decoding: namespace.serialized(), as: UTF8.self))
        #expect(freed.status == 0, "\(freed)")
        #expect(try kubectl("get", "ns", name).errors.contains("NotFound"))
        // What is left is still to be freed.
        let patch = try kubectl(
            "patch", "net-attach-def", "held", "-n", name, "--type=merge", "-p", #"{"metadata":{"finalizers":null}}"#)
        #expect(patch.status == 0, "\(patch)")
    }

    /// kubectl reads the pod first.
    @Test(arguments: Kubectl.allPaths) func `says that no container runs to who wants to look into one`(
        path: String
    ) throws {
        let kubectl = try SharedServer.current.kubectl(path)
        let pod = try kubectl("get", "pod", "-l", "kubevirt.io=virt-launcher", "-oname").output
            .split(separator: "\n").first.map(String.init)
        let name = try #require(pod)
        for (words, subresource) in [
            (["logs", name], "log"), (["exec", name, "--", "ls"], "exec"), (["attach", name], "attach"),
            (["port-forward", name, "8080"], "portforward"),
        ] {
            let refused = try Command.run(
                [path] + words, environment: ["KUBECONFIG": kubectl.kubeconfig, "HOME": kubectl.home])
            #expect(refused.status == 1, "\(refused)")
            #expect(refused.errors.contains("pods/\(subresource) is not there: pods are played here"), "\(refused)")
        }
    }

    @Test func `makes a namespace as it would be, without the generation that namespaces do not have`() throws {
        let made = try SharedServer.current.kubectl()("create", "ns", "dry", "--dry-run=server", "-ojson")
        let object = try JSONValue(parsing: Array(made.output.utf8))
        #expect(object["spec"] == ["finalizers": ["kubernetes"]])
        #expect(object["status"] == ["phase": "Active"])
        #expect(object["metadata"]?["generation"] == nil)
        #expect(try SharedServer.current.kubectl()("get", "ns", "dry").errors.contains("NotFound"))
    }
}

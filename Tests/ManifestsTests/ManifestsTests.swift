import Foundation
import KubeModel
import Testing

/// What is registered with a cluster agrees with itself.
@Suite struct ManifestsTests {
    @Test(arguments: Kustomization.all, Kustomization.kubectls)
    func `builds the same with each kubectl`(_ kustomization: Kustomization, kubectl: String) throws {
        let objects = try kustomization.objects(kubectl: kubectl)
        #expect(objects.all.count >= 11)
        #expect(try objects == kustomization.objects())
        for object in objects.all { #expect(object["apiVersion"]?.string != nil && object.name != nil, "\(object)") }
    }

    @Test(arguments: Kustomization.all)
    func `all but what belongs elsewhere is in the one namespace`(_ kustomization: Kustomization) throws {
        let objects = try kustomization.objects()
        let namespace = try #require(objects.only("Namespace").name)
        let ofTheCluster: Set = ["APIService", "ClusterRole", "ClusterRoleBinding", "Namespace"]
        for object in objects.all {
            let kind = try #require(object["kind"]?.string)
            let expected = ofTheCluster.contains(kind) ? nil : kind == "RoleBinding" ? "kube-system" : namespace
            #expect(object.namespace == expected, "\(kind) \(object.name ?? "")")
        }
    }

    @Test(arguments: Kustomization.all)
    func `selectors find the pods`(_ kustomization: Kustomization) throws {
        let objects = try kustomization.objects()
        let labels = try #require(objects.only("Deployment")[path: "spec", "template", "metadata", "labels"]?.object)
        var selectors = [try objects.only("Service")[path: "spec", "selector"]]
        for kind in ["Deployment", "PodDisruptionBudget"] {
            selectors.append(try objects.only(kind)[path: "spec", "selector", "matchLabels"])
        }
        selectors.append(try objects.only("NetworkPolicy")[path: "spec", "podSelector", "matchLabels"])
        let spread = try #require(objects.pod["topologySpreadConstraints"]?.array)
        #expect(spread.contains { $0["topologyKey"] == "kubernetes.io/hostname" })
        selectors += spread.map { $0[path: "labelSelector", "matchLabels"] }
        for selector in selectors {
            let members = try #require(selector?.object?.members)
            #expect(!members.isEmpty)
            for (name, value) in members { #expect(labels[name] == value, "\(name)") }
        }
    }

    @Test(arguments: Kustomization.all)
    func `the way from the aggregator to the server has no gap`(_ kustomization: Kustomization) throws {
        let objects = try kustomization.objects()
        let service = try objects.only("Service")
        let servicePorts = try #require(service[path: "spec", "ports"]?.array)
        let containerPorts = try #require(objects.container["ports"]?.array)
        #expect(servicePorts.map { $0["port"]?.int } == [443])
        #expect(servicePorts[0]["targetPort"] == containerPorts[0]["name"])
        let port = try #require(containerPorts[0]["containerPort"]?.int)
        #expect(try #require(objects.container["args"]).strings.contains("--secure-port=\(port)"))
        let rules = try #require(objects.only("NetworkPolicy")[path: "spec", "ingress"]?.array)
        let allowed = rules.flatMap { $0["ports"]?.array ?? [] }.map { $0["port"] }
        #expect(allowed == [containerPorts[0]["name"]])
        for registration in objects["APIService"] {
            let target = try #require(registration[path: "spec", "service"])
            #expect(
                target == [
                    "name": .string(service.name ?? ""), "namespace": .string(service.namespace ?? ""), "port": 443,
                ])
        }
    }

    @Test(arguments: [Kustomization.base, .certManager, .caBundle])
    func `both versions are registered, and certificates are verified`(_ kustomization: Kustomization) throws {
        let registrations = try kustomization.objects()["APIService"]
        #expect(
            registrations.compactMap(\.name).sorted()
                == ["v1.subresources.kubevirt.io", "v1alpha3.subresources.kubevirt.io"])
        for registration in registrations {
            let spec = try #require(registration["spec"])
            let version = try #require(spec["version"]?.string)
            let group = try #require(spec["group"]?.string)
            #expect(registration.name == "\(version).\(group)")
            #expect(spec["groupPriorityMinimum"] == 1000)
            #expect(spec["versionPriority"] == 15)
            #expect(spec["insecureSkipTLSVerify"] == nil)
        }
    }

    @Test(arguments: Kustomization.all)
    func `two replicas stay up, and are asked over HTTPS how they are`(_ kustomization: Kustomization) throws {
        let objects = try kustomization.objects()
        #expect(try objects.only("Deployment")[path: "spec", "replicas"] == 2)
        #expect(try objects.only("Deployment")[path: "spec", "strategy", "rollingUpdate", "maxUnavailable"] == 0)
        #expect(try objects.only("PodDisruptionBudget")[path: "spec", "minAvailable"] == 1)
        let container = try objects.container
        for (probe, path) in [("readinessProbe", "/readyz"), ("livenessProbe", "/livez")] {
            let request: JSONValue = ["path": .string(path), "port": "https", "scheme": "HTTPS"]
            #expect(container[path: probe, "httpGet"] == request)
        }
        #expect(container[path: "resources", "requests", "cpu"] != nil)
        #expect(container[path: "resources", "requests", "memory"] != nil)
        #expect(container[path: "resources", "limits", "memory"] != nil)
    }

    /// The Pod Security Standard "restricted", which the namespace enforces.
    @Test(arguments: Kustomization.all)
    func `the pod is restricted`(_ kustomization: Kustomization) throws {
        let objects = try kustomization.objects()
        let labels = try #require(objects.only("Namespace")[path: "metadata", "labels"])
        #expect(labels["pod-security.kubernetes.io/enforce"] == "restricted")
        let pod = try objects.pod
        #expect(pod[path: "securityContext", "runAsNonRoot"] == true)
        #expect(pod[path: "securityContext", "seccompProfile", "type"] == "RuntimeDefault")
        for name in ["hostNetwork", "hostPID", "hostIPC"] { #expect(pod[name] == nil) }
        let expected: JSONValue = [
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": ["drop": ["ALL"]],
        ]
        #expect(try objects.container["securityContext"] == expected)
    }

    @Test func `the server knows each flag that it is given`() throws {
        let help = try Command.output([Project.binary, "serve", "--help"])
        let arguments = try #require(Kustomization.base.objects().container["args"]).strings
        #expect(arguments.first == "serve")
        for argument in arguments.dropFirst() {
            let flag = argument.prefix { $0 != "=" }
            #expect(help.contains("\(flag) "), "\(flag)")
        }
    }

    @Test(arguments: Kustomization.all)
    func `the files that the flags name are mounted`(_ kustomization: Kustomization) throws {
        let objects = try kustomization.objects()
        let mounts = try #require(objects.container["volumeMounts"]?.array)
        let volumes = try #require(objects.pod["volumes"]?.array)
        func volume(of flag: String) throws -> JSONValue? {
            let arguments = try #require(objects.container["args"]).strings
            let path = try #require(arguments.first { $0.hasPrefix("\(flag)=") }).dropFirst(flag.count + 1)
            let mount = mounts.first {
                path == $0["mountPath"]?.string ?? "" || path.hasPrefix("\($0["mountPath"]?.string ?? "-")/")
            }
            return volumes.first { $0["name"] == mount?["name"] }
        }
        for flag in ["--tls-cert-file", "--tls-private-key-file"] {
            #expect(try volume(of: flag)?[path: "secret", "secretName"] == "hotplug-apiserver-tls")
        }
    }

    @Test func `the pod has time for the delay at its end and for the last requests`() throws {
        let objects = try Kustomization.base.objects()
        let arguments = try #require(objects.container["args"]).strings
        let flag = try #require(arguments.first { $0.hasPrefix("--shutdown-delay-duration=") })
        let delay = try #require(Int(flag.split(separator: "=")[1].dropLast()))
        #expect(flag.hasSuffix("s") && delay >= 10)
        // Wiring.shutdownGrace, and some time to end.
        #expect(try #require(objects.pod["terminationGracePeriodSeconds"]?.int) >= delay + 10 + 5)
    }

    @Test func `no private key is among the files`() throws {
        let files = try Project.files(below: "Manifests") + Project.files(below: "Certs")
        #expect(files.count > 15)
        for file in files where try String(contentsOfFile: file, encoding: .utf8).contains("PRIVATE KEY-----") {
            Issue.record("\(file)")
        }
    }

    @Test func `each example is an object`() throws {
        let files = try Project.files(below: "Manifests/examples")
        #expect(files.count >= 4)
        for file in files {
            let objects = try Objects(yaml: String(contentsOfFile: file, encoding: .utf8))
            #expect(!objects.all.isEmpty, "\(file)")
            for object in objects.all {
                #expect(object["apiVersion"]?.string != nil, "\(file)")
                #expect(object["kind"]?.string != nil, "\(file)")
                #expect(object.name.map(DNS1123.isSubdomain) == true, "\(file)")
                #expect(object["spec"]?.object != nil, "\(file)")
            }
        }
    }
}

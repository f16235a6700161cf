import KubeModel
import Testing

/// Who may do what: exactly that.
@Suite struct AccessRulesTests {
    /// The rules of a ClusterRole, as sorted lines: `group resource: verbs`.
    private static func rules(_ role: JSONValue) throws -> [String] {
        let rules = try #require(role["rules"]?.array)
        return rules.flatMap { rule in
            (rule["apiGroups"]?.strings ?? []).flatMap { group in
                (rule["resources"]?.strings ?? []).map { resource in
                    "\(group) \(resource): \((rule["verbs"]?.strings ?? []).joined(separator: " "))"
                }
            }
        }.sorted()
    }

    @Test(arguments: Kustomization.all)
    func `the server may do what it needs and no more`(_ kustomization: Kustomization) throws {
        let role = try kustomization.objects().only("ClusterRole", "hotplug-apiserver")
        #expect(
            try Self.rules(role) == [
                "k8s.cni.cncf.io network-attachment-definitions: get",
                "kubevirt.io kubevirts: list watch",
                "kubevirt.io virtualmachineinstances: get patch",
                "kubevirt.io virtualmachines: get patch",
            ])
        #expect(
            role[path: "metadata", "labels"]?.object?.members.contains { $0.name.contains("aggregate-to") } == false)
    }

    @Test(arguments: Kustomization.all)
    func `admin and edit may use the four subresources, by aggregation`(_ kustomization: Kustomization) throws {
        let role = try kustomization.objects().only("ClusterRole", "hotplug-apiserver:interfaces")
        #expect(
            try Self.rules(role) == [
                "subresources.kubevirt.io virtualmachineinstances/addinterface: update",
                "subresources.kubevirt.io virtualmachineinstances/removeinterface: update",
                "subresources.kubevirt.io virtualmachines/addinterface: update",
                "subresources.kubevirt.io virtualmachines/removeinterface: update",
            ])
        let labels = try #require(role[path: "metadata", "labels"]?.object)
        let aggregated = labels.members.filter { $0.name.contains("aggregate-to") }
        #expect(
            aggregated.map(\.name).sorted() == [
                "rbac.authorization.k8s.io/aggregate-to-admin", "rbac.authorization.k8s.io/aggregate-to-edit",
            ])
        #expect(aggregated.allSatisfy { $0.value == "true" })
    }

    @Test(arguments: Kustomization.all)
    func `the bindings give the pod's ServiceAccount three roles`(_ kustomization: Kustomization) throws {
        let objects = try kustomization.objects()
        #expect(objects["ClusterRole"].count == 2)
        let account = try objects.only("ServiceAccount")
        #expect(try objects.pod["serviceAccountName"]?.string == account.name)
        let bindings = objects["ClusterRoleBinding"] + objects["RoleBinding"]
        let roles = bindings.map { "\($0["roleRef"]?["kind"]?.string ?? "") \($0["roleRef"]?["name"]?.string ?? "")" }
        #expect(
            roles.sorted() == [
                "ClusterRole hotplug-apiserver", "ClusterRole system:auth-delegator",
                "Role extension-apiserver-authentication-reader",
            ])
        #expect(try objects.only("RoleBinding").namespace == "kube-system")
        let subject: JSONValue = [
            "kind": "ServiceAccount", "name": .string(account.name ?? ""),
            "namespace": .string(account.namespace ?? ""),
        ]
        for binding in bindings { #expect(binding["subjects"] == [subject], "\(binding.name ?? "")") }
    }
}

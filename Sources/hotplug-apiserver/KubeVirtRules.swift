import APIServer
import HotplugAPI
import KubeModel

/// KubeVirt's rules as the embedded cluster's validating webhooks, and kube-apiserver's own for pods and events.
///
/// What the played KubeVirt writes does not pass through here.
struct KubeVirtRules: ObjectAdmission {
    let cluster: any Cluster
    let facts: any ClusterFactsSource

    func check(
        for resource: Resource, in namespace: String, created: JSONValue?, by user: UserInfo
    ) async throws(Status) -> ObjectCheck {
        if let created {
            switch resource {
            case .virtualMachineInstanceMigration:
                try await MigrationRules.checkPlace(of: created, namespace: namespace, in: cluster)
            case .kubeVirt: try await ConfigurationRules.checkPlace(in: cluster)
            default: break
            }
        }
        // A look at the facts costs a query, and most writes are of pods, events and the like.
        let facts =
            ObjectRules.readsFacts(of: resource)
            ? try await facts.facts() : ClusterFacts(isInterfaceHotplugEnabled: false)
        let isKubeVirt = ObjectRules.isKubeVirt(user: user.name)
        return { new, old throws(Status) in
            switch resource {
            case .pod: try PodRules.check(new, old: old)
            case .event: try EventRules.check(new, old: old)
            default: try ObjectRules.check(new, old: old, of: resource, facts: facts, isKubeVirt: isKubeVirt)
            }
        }
    }
}

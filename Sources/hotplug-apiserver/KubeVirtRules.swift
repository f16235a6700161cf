import APIServer
import HotplugAPI
import KubeModel

/// KubeVirt's rules as the embedded cluster's validating webhooks.
struct KubeVirtRules: ObjectAdmission {
    let facts: any ClusterFactsSource

    func check(for resource: Resource, by user: UserInfo) async throws(Status) -> ObjectCheck {
        // A look at the facts costs a query, and most writes are of pods, events and the like.
        let facts =
            ObjectRules.readsFacts(of: resource)
            ? try await facts.facts() : ClusterFacts(isInterfaceHotplugEnabled: false)
        let isKubeVirt = ObjectRules.isKubeVirt(user: user.name)
        return { new, old throws(Status) in
            try ObjectRules.check(new, old: old, of: resource, facts: facts, isKubeVirt: isKubeVirt)
        }
    }
}

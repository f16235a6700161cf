package import KubeModel

/// Rules for the objects that users write, as a cluster's validating webhooks are.
package protocol ObjectAdmission: Sendable {
    /// The check for one write; throws when it cannot be told what the rules are.
    func check(for resource: Resource, by user: UserInfo) async throws(Status) -> ObjectCheck
}

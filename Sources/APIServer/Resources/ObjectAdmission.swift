package import KubeModel

/// Rules for the objects that users write, as a cluster's validating webhooks are.
package protocol ObjectAdmission: Sendable {
    /// The check for one write; throws when it cannot be told what the rules are.
    ///
    /// For a new object `created` is that object: it can be refused at once for what is around it in the cluster, of
    /// which the check itself sees nothing.
    func check(
        for resource: Resource, in namespace: String, created: JSONValue?, by user: UserInfo
    ) async throws(Status) -> ObjectCheck
}

package import KubeModel

/// Answers `addinterface` and `removeinterface` for VMs and VMIs.
///
/// The checks come in the order of virt-api: the feature gate, the body, then the object.
package struct HotplugHandler: Sendable {
    private let cluster: any Cluster
    private let factsSource: any ClusterFactsSource
    private let configuration: HotplugConfiguration
    private let pause: @Sendable (Int) async -> Void

    /// `pause` waits for that many milliseconds; it is called before each further attempt of a write that lost a
    /// race.
    package init(
        cluster: any Cluster, facts: any ClusterFactsSource, configuration: HotplugConfiguration,
        pause: @escaping @Sendable (_ milliseconds: Int) async -> Void
    ) {
        self.cluster = cluster
        self.factsSource = facts
        self.configuration = configuration
        self.pause = pause
    }

    /// Carries out a request; returning means 202 Accepted.
    ///
    /// In the steady state a VMI costs one read of it, by the cluster's cache if there is one, and one patch, beside the
    /// look at the facts and the NAD. Throws the `Status` to answer with.
    package func handle(_ request: HotplugRequest) async throws(Status) -> HotplugResult {
        let facts = try await factsSource.facts()
        guard facts.isInterfaceHotplugEnabled else { throw Self.gateClosed }
        let options = try request.writeOptions()
        let (change, fieldWarnings) = try InterfaceChange.decode(
            request.body, for: request.verb, fieldValidation: request.fieldValidationDirective())
        try change.checkSyntax(for: request.subject)
        var operation = HotplugOperation(
            change: change, subject: request.subject, options: options, facts: facts, configuration: configuration,
            cluster: cluster, caller: request.caller)
        let advice = try await operation.run(pause: pause)
        return HotplugResult(warnings: fieldWarnings + advice)
    }

    /// Says "Add" for a removal too, as virt-api does.
    static let gateClosed = Status.badRequest(
        "Unable to Add Interface because the \"HotplugNICs\" feature gate is not enabled.")
}

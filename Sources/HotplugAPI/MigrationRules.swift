package import KubeModel

/// What KubeVirt's webhooks refuse of VirtualMachineInstanceMigrations (v1.0.1 `migration-create-admitter.go`,
/// `migration-update-admitter.go` in `pkg/virt-api/webhooks/validating-webhook/admitters`).
///
/// Whether a VMI can migrate now is asked of a cluster before the write: of two migrations that are created at once
/// both may pass, and the controller fails one, as in KubeVirt.
package enum MigrationRules {
    /// The label by which a VMI's migrations are found.
    private static let selectorLabel = "kubevirt.io/vmi-name"

    /// Throws 422 Invalid for an object that is wrong in itself.
    static func check(_ new: JSONValue, old: JSONValue?) throws(Status) {
        guard let old else {
            guard vmiName(new).isEmpty else { return }
            throw .denied(
                by: "migration-create-validator", causes: [.required(at: "spec.vmiName", "vmiName is missing")])
        }
        var message: String?
        if new["spec"] != old["spec"] {
            message = "update of Migration object's spec is restricted"
        } else if isInFlight(new), let label = label(old), label != Self.label(new) {
            message =
                new[path: "metadata", "labels"]?.object == nil
                ? "selector label can't be removed from an in-flight migration"
                : "selector label can't be modified on an in-flight migration"
        }
        guard let message else { return }
        throw .denied(
            by: "migration-update-validator",
            causes: [Status.Cause(reason: "FieldValueNotSupported", message: message, field: "")])
    }

    /// Looks at a new migration's VMI, and at the VMI's other migrations.
    ///
    /// Throws 400 BadRequest when the VMI is not there, has ended, cannot migrate, or is about to; and what the cluster
    /// answers.
    package static func checkPlace(
        of migration: JSONValue, namespace: String, in cluster: any Cluster
    ) async throws(Status) {
        let name = vmiName(migration)
        guard !name.isEmpty else { return }
        let instance = try await cluster.find(.virtualMachineInstance, namespace: namespace, name: name)
        let migrations = try await cluster.list(.virtualMachineInstanceMigration, namespace: namespace).items
        try checkPlace(
            vmiName: name, namespace: namespace, instance: instance,
            migrations: migrations.compactMap { try? $0.json() })
    }

    static func checkPlace(
        vmiName name: String, namespace: String, instance: JSONValue?, migrations: [JSONValue]
    ) throws(Status) {
        func refused(_ why: String) -> Status { .denied(by: "migration-create-validator", why) }
        guard let instance else { throw refused("the VMI \"\(namespace)/\(name)\" does not exist") }
        guard !instance.hasFinalPhase else {
            throw refused("Cannot migrate VMI in finalized state.")
        }
        if let obstacle = instance.condition("LiveMigratable"), obstacle["status"] == "False" {
            throw refused(
                "Cannot migrate VMI, Reason: \(obstacle["reason"]?.string ?? ""), "
                    + "Message: \(obstacle["message"]?.string ?? "")")
        }
        if let other = migrations.first(where: { vmiName($0) == name && isInFlight($0) }) {
            throw refused(
                "in-flight migration detected. Active migration job (\(other.metadataUID ?? "")) is currently already "
                    + "in progress for VMI \(name).")
        }
    }

    private static func vmiName(_ migration: JSONValue) -> String {
        migration[path: "spec", "vmiName"]?.string ?? ""
    }

    private static func isInFlight(_ migration: JSONValue) -> Bool { !migration.hasFinalPhase }

    private static func label(_ migration: JSONValue) -> String? {
        migration[path: "metadata", "labels", selectorLabel]?.string
    }
}

extension Status {
    /// 422 of a validating webhook of KubeVirt's, as kube-apiserver passes it on.
    static func denied(by webhook: String, causes: [Cause]) -> Status {
        Status(
            code: 422, reason: "Invalid",
            message: denial(webhook, causes.map(\.message).joined(separator: ", ")), details: Details(causes: causes))
    }

    /// 400 of one that gives no field; KubeVirt's has no reason, which clients would take for an unknown one.
    package static func denied(by webhook: String, _ why: String) -> Status {
        .badRequest(denial(webhook, why))
    }

    private static func denial(_ webhook: String, _ why: String) -> String {
        "admission webhook \"\(webhook).kubevirt.io\" denied the request: \(why)"
    }
}

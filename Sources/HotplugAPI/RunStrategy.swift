package import KubeModel

/// `spec.runStrategy` of a VirtualMachine, or what `spec.running` means (KubeVirt v1.0.1 `types.go`,
/// `VirtualMachine.RunStrategy`).
package enum RunStrategy: String, Sendable {
    case always = "Always"
    case rerunOnFailure = "RerunOnFailure"
    case manual = "Manual"
    case halted = "Halted"
    case once = "Once"

    /// `nil` when the value is none of KubeVirt's, or both fields are set.
    package init?(of machine: JSONValue) {
        let spec = machine["spec"]
        switch (spec?.present("running"), spec?.present("runStrategy")) {
        case (nil, nil): self = .halted
        case (.bool(let isRunning)?, nil): self = isRunning ? .always : .halted
        case (nil, let strategy?): self.init(rawValue: strategy.string ?? "")
        default: return nil
        }
    }
}

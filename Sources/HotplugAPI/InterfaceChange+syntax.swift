package import KubeModel

extension InterfaceChange {
    /// Checks what can be said of the options without the object.
    ///
    /// virt-api leaves these checks to the admission webhook, which does not see a VM's pending requests, so that a
    /// bad name blocked the VM's queue for good. Throws 422 Invalid with a cause for each wrong field.
    package func checkSyntax(for subject: HotplugSubject) throws(Status) {
        var causes: [Status.Cause] = []
        if !NetworkRules.isInterfaceName(name) {
            causes.append(
                .invalidValue(at: "name", "Invalid value: \(name.quoted): \(NetworkRules.interfaceNameMessage)"))
        }
        if case .add(let options) = self {
            let networkName = options.networkAttachmentDefinitionName
            if !NADReference(networkName, in: subject.namespace).isWellFormed {
                causes.append(
                    .invalidValue(
                        at: "networkAttachmentDefinitionName",
                        "Invalid value: \(networkName.quoted): must be the name of a NetworkAttachmentDefinition or "
                            + "namespace/name; the namespace: \(DNS1123.labelMessage); "
                            + "the name: \(DNS1123.subdomainMessage)"))
            }
        }
        guard causes.isEmpty else { throw subject.invalid(causes) }
    }
}

extension Status.Cause {
    /// A field whose value no rule allows: `metav1.CauseTypeFieldValueInvalid`.
    static func invalidValue(at field: String, _ message: String) -> Status.Cause {
        Status.Cause(reason: "FieldValueInvalid", message: message, field: field)
    }

    static func required(at field: String, _ message: String) -> Status.Cause {
        Status.Cause(reason: "FieldValueRequired", message: message, field: field)
    }

    static func duplicate(at field: String, _ message: String) -> Status.Cause {
        Status.Cause(reason: "FieldValueDuplicate", message: message, field: field)
    }
}

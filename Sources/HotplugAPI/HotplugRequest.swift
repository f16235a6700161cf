package import KubeModel

/// Who sends a request, where more must be known of them than that they may send it.
package protocol Caller: Sendable {
    /// Why they may not get an object, as the Status that they would be answered; `nil` if they may.
    ///
    /// Throws when nobody can tell.
    func refusal(toGet resource: Resource, namespace: String, name: String) async throws(Status) -> Status?
}

/// One request for a subresource, already authenticated and authorised.
package struct HotplugRequest: Sendable {
    package var subject: HotplugSubject
    package var verb: InterfaceVerb
    package var body: [UInt8]
    /// The values of `?dryRun=` in their order.
    package var dryRun: [String]
    /// `?fieldValidation=`; `nil` or empty means `Warn`.
    package var fieldValidation: String?
    /// `?fieldManager=`.
    package var fieldManager: String
    /// `nil` means somebody who may get everything.
    package var caller: (any Caller)?

    package init(
        _ verb: InterfaceVerb, of subject: HotplugSubject, body: [UInt8], dryRun: [String] = [],
        fieldValidation: String? = nil, fieldManager: String = "", caller: (any Caller)? = nil
    ) {
        self.verb = verb
        self.subject = subject
        self.body = body
        self.dryRun = dryRun
        self.fieldValidation = fieldValidation
        self.fieldManager = fieldManager
        self.caller = caller
    }

    /// Throws 400 BadRequest, naming the parameter, for a value that it cannot have.
    func writeOptions() throws(Status) -> WriteOptions {
        let isDryRun = try Self.isDryRun(dryRun)
        // The control characters of Unicode, C0 and C1, without a look into its tables.
        let isPrintable = fieldManager.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
        }
        let isShort =
            fieldManager.utf8.count <= HotplugLimits.fieldManagerCharacters
            || fieldManager.count <= HotplugLimits.fieldManagerCharacters
        guard isShort, isPrintable else {
            throw .badRequest(
                "fieldManager: Invalid value: \(fieldManager.quoted): must be at most "
                    + "\(HotplugLimits.fieldManagerCharacters) printable characters")
        }
        return WriteOptions(dryRun: isDryRun, fieldManager: fieldManager)
    }

    /// What the values of `dryRun` say, of the URL or of a body.
    ///
    /// Throws 400 BadRequest for one that is not `All`.
    package static func isDryRun(_ values: [String]) throws(Status) -> Bool {
        if let value = values.first(where: { $0 != "All" }) {
            throw .badRequest("dryRun: Unsupported value: \(value.quoted): supported values: \"All\"")
        }
        return !values.isEmpty
    }

    /// Throws 400 BadRequest for an unknown value.
    func fieldValidationDirective() throws(Status) -> FieldValidation {
        guard let fieldValidation, !fieldValidation.isEmpty else { return .warn }
        guard let directive = FieldValidation(rawValue: fieldValidation) else {
            throw .badRequest(
                "fieldValidation: Unsupported value: \(fieldValidation.quoted): supported values: "
                    + "\"Ignore\", \"Strict\", \"Warn\"")
        }
        return directive
    }
}

/// The success of a request: 202 Accepted without a body.
package struct HotplugResult: Sendable, Equatable {
    /// For `Warning` headers, each once, in their order.
    package var warnings: [String]

    package init(warnings: [String] = []) {
        self.warnings = warnings
    }
}

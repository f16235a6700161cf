package import HotplugAPI
import KubeModel

/// The subresource's name as it stands in the URL.
package enum LifecycleVerb: String, Sendable, CaseIterable {
    case start
    case stop
    case restart
    case migrate
    case pause
    case unpause

    /// Whose subresource it is.
    package var target: HotplugTarget {
        switch self {
        case .start, .stop, .restart, .migrate: .virtualMachine
        case .pause, .unpause: .virtualMachineInstance
        }
    }
}

/// The body: KubeVirt v1.0.1 `types.go`, StartOptions, StopOptions, RestartOptions, MigrateOptions, PauseOptions,
/// UnpauseOptions.
struct LifecycleOptions: Equatable {
    /// `paused` of StartOptions.
    var isPaused = false
    /// Seconds: `gracePeriod` of StopOptions, `gracePeriodSeconds` of RestartOptions.
    var gracePeriod: Int?
    var dryRun: [String] = []

    /// Reads a body in JSON or YAML; none is one without fields, and unknown fields are none (virt-api decodes so).
    ///
    /// Throws 400 BadRequest.
    init(_ body: [UInt8], for verb: LifecycleVerb) throws(Status) {
        let value: JSONValue?
        do throws(OptionsBody.Malformed) {
            value = try OptionsBody(body)?.value
        } catch {
            throw Self.undecodable(error.description)
        }
        guard let value, !value.isNull else { return }
        guard let object = value.object else { throw Self.undecodable("the body must be an object") }
        for member in object.members where !member.value.isNull { try take(member, for: verb) }
    }

    private mutating func take(_ member: JSONObject.Member, for verb: LifecycleVerb) throws(Status) {
        // encoding/json takes names in any case.
        switch (member.name.lowercased(), verb) {
        case ("paused", .start):
            guard let flag = member.value.bool else { throw Self.mistyped(member.name, "a boolean") }
            isPaused = flag
        case ("graceperiod", .stop), ("graceperiodseconds", .restart):
            guard let seconds = member.value.int else { throw Self.mistyped(member.name, "a whole number of seconds") }
            gracePeriod = seconds
        case ("dryrun", _):
            guard let words = member.value.array, words.allSatisfy({ $0.string != nil }) else {
                throw Self.mistyped(member.name, "a list of strings")
            }
            dryRun = words.compactMap(\.string)
        default: break
        }
    }

    private static func mistyped(_ name: String, _ type: String) -> Status {
        undecodable("\(name) must be \(type)")
    }

    private static func undecodable(_ why: String) -> Status {
        .badRequest("Can not unmarshal Request body to struct, error: \(why)")
    }
}

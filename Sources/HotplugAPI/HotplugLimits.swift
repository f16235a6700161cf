/// What a request may cost, and what it may make of an object.
package enum HotplugLimits {
    /// Elements of a VMI's list of interfaces and of its list of networks: KubeVirt v1.0.1
    /// `vmi-create-admitter.go`, `arrayLenMax`.
    package static let interfaces = 256
    /// Further attempts after a write that lost a race.
    package static let conflictRetries = 5
    /// Milliseconds before the first of them at most; each further pause may be twice as long.
    package static let firstPauseMilliseconds = 10
    /// Unknown and duplicate fields that are named to the client.
    package static let reportedFields = 32
    /// Causes listed in one Invalid answer about a pod.
    package static let podCauses = 100
    /// Unicode scalars of a client's value that a message repeats.
    package static let quotedScalars = 128
    /// Characters of `?fieldManager=`: apimachinery `ValidateFieldManager`.
    package static let fieldManagerCharacters = 128
}

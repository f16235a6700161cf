/// `metav1.Status` of a failure: the only error body that Kubernetes clients understand
/// (apimachinery `pkg/apis/meta/v1/types.go`).
package struct Status: Error, Sendable, Equatable {
    /// One cause of a failure: `metav1.StatusCause`.
    package struct Cause: Sendable, Equatable {
        package var reason: String
        package var message: String
        package var field: String

        package init(reason: String, message: String, field: String) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    /// What the failure is about: `metav1.StatusDetails`.
    package struct Details: Sendable, Equatable {
        package var name = ""
        package var group = ""
        package var kind = ""
        package var uid = ""
        package var causes: [Cause] = []
        /// Seconds; 0 means absent.
        package var retryAfterSeconds = 0

        package init(name: String = "", group: String = "", kind: String = "", uid: String = "", causes: [Cause] = []) {
            self.name = name
            self.group = group
            self.kind = kind
            self.uid = uid
            self.causes = causes
        }
    }

    /// HTTP status code.
    package var code: Int
    /// A `metav1.StatusReason`, such as `NotFound`.
    package var reason: String
    package var message: String
    package var details: Details?
    /// `metadata.continue`: where a list that was broken off can go on.
    package var continueToken = ""

    package init(code: Int, reason: String, message: String, details: Details? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }
}

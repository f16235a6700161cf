import KubeClient
import KubeModel

extension Status {
    /// What kube-apiserver refused, in its own words.
    ///
    /// A 401 is about this server, not about its client, who would look for the fault in credentials that are good.
    init(upstream response: KubeResponse) {
        let value = try? JSONValue(parsing: response.body)
        guard response.status != 401 else {
            self = .serviceUnavailable("the cluster refuses the credentials of this server: Unauthorized")
            return
        }
        guard let value, value["kind"]?.string == "Status", (400...599).contains(response.status) else {
            self = Self.other(response)
            return
        }
        self.init(
            code: response.status, reason: value["reason"]?.string ?? "", message: value["message"]?.string ?? "",
            details: value["details"].map(Details.init))
        setRetryAfter(response)
    }

    /// An answer that is no Status: a proxy's, or one that is still starting.
    private static func other(_ response: KubeResponse) -> Status {
        let text = "the cluster answered \(StatusText.reason(response.status, response.body))"
        var status =
            switch response.status {
            // The path is unknown, which tells nothing of the object.
            case 404: Status.serviceUnavailable("\(text): it does not serve the resource, or not yet")
            case 429: Status(code: 429, reason: "TooManyRequests", message: text)
            case 504: Status(code: 504, reason: "Timeout", message: text)
            case 400...499: Status.internalError(text)
            default: Status.serviceUnavailable(text)
            }
        status.setRetryAfter(response)
        return status
    }

    private mutating func setRetryAfter(_ response: KubeResponse) {
        guard let seconds = response.retryAfterSeconds, seconds > 0 else { return }
        var details = details ?? Details()
        if details.retryAfterSeconds == 0 { details.retryAfterSeconds = seconds }
        self.details = details
    }

    /// No answer.
    init(_ error: KubeClientError) {
        self =
            switch error.kind {
            case .unreachable: .serviceUnavailable("the cluster cannot be reached: \(error)")
            case .connectionLost:
                .serviceUnavailable("the connection to the cluster was lost before it answered: \(error)")
            case .timeout: .timeout("the cluster did not answer in time: \(error)")
            case .tooLarge: .internalError("\(error)")
            }
    }
}

extension Status.Details {
    fileprivate init(_ value: JSONValue) {
        self.init(
            name: value["name"]?.string ?? "", group: value["group"]?.string ?? "", kind: value["kind"]?.string ?? "",
            uid: value["uid"]?.string ?? "",
            causes: (value["causes"]?.array ?? []).map { cause in
                Status.Cause(
                    reason: cause["reason"]?.string ?? "", message: cause["message"]?.string ?? "",
                    field: cause["field"]?.string ?? "")
            })
        retryAfterSeconds = value["retryAfterSeconds"]?.int ?? 0
    }
}

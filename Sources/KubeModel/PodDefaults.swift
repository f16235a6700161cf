/// What kube-apiserver writes into a pod where its maker says nothing, and which clients read without asking whether it
/// is there (kubernetes `pkg/apis/core/v1/defaults.go` and the `+default` of `staging/src/k8s.io/api/core/v1/types.go`,
/// v1.33).
package enum PodDefaults {
    /// The lists of a pod's containers.
    private static let lists = ["containers", "initContainers", "ephemeralContainers"]

    private static let spec: JSONObject = [
        "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
        "terminationGracePeriodSeconds": 30, "enableServiceLinks": true, "securityContext": [:],
    ]
    private static let container: JSONObject = [
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "resources": [:],
    ]
    private static let port: JSONObject = ["protocol": "TCP"]

    /// A spec with all of them; what is no spec to Go stays as it is.
    package static func filled(_ spec: JSONValue) -> JSONValue {
        guard var members = spec.object else { return spec }
        fill(&members, Self.spec)
        for list in lists {
            guard let containers = members[list]?.array else { continue }
            members[list] = .array(containers.map(filledContainer))
        }
        return .object(members)
    }

    private static func filledContainer(_ container: JSONValue) -> JSONValue {
        guard var members = container.object else { return container }
        fill(&members, Self.container)
        let image = members["image"]?.string ?? ""
        fill(&members, ["imagePullPolicy": isLatest(image) ? "Always" : "IfNotPresent"])
        guard let ports = members["ports"]?.array else { return .object(members) }
        members["ports"] = .array(
            ports.map { port in
                guard var members = port.object else { return port }
                fill(&members, Self.port)
                return .object(members)
            })
        return .object(members)
    }

    /// To Go, null and an empty text are as nothing.
    private static func fill(_ members: inout JSONObject, _ defaults: JSONObject) {
        for (name, value) in defaults.members {
            let given = members[name] ?? .null
            if given.isNull || given.string?.isEmpty == true { members[name] = value }
        }
    }

    /// Whether an image's tag is `latest`, which it is too without a tag and a digest (`pkg/util/parsers`,
    /// `ParseImageName`); the colon of a registry's port is before a slash.
    private static func isLatest(_ image: String) -> Bool {
        let parts = image.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0].split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let colon = name.firstIndex(of: ":") else { return parts.count == 1 }
        return name[colon...] == ":latest"
    }
}

extension Resource {
    /// An object with the defaults of its kind, as kube-apiserver has it once it is decoded, from a request or from its
    /// store.
    package func defaulted(_ object: JSONValue) -> JSONValue {
        guard self == .pod else { return object }
        var object = object
        object["spec"] = PodDefaults.filled(object.present("spec") ?? [:])
        return object
    }
}

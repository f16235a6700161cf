internal import KubeModel

// The failures of a resource, in Kubernetes' words: the plural names it, the Kind where fields are wrong.
extension Resource {
    func notFound(_ name: String) -> Status {
        .notFound(group: group, kind: plural, name: name)
    }

    func alreadyExists(_ name: String) -> Status {
        .alreadyExists(group: group, kind: plural, name: name)
    }

    func conflict(_ name: String, _ why: String) -> Status {
        .conflict(group: group, kind: plural, name: name, why)
    }

    func modified(_ name: String) -> Status { conflict(name, Status.objectModified) }

    func invalid(_ name: String, _ errors: FieldErrors) -> Status {
        .invalid(group: group, kind: kind, name: name, causes: errors.causes)
    }
}

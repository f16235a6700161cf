import HTTPWire
package import KubeModel

/// What stands behind the resources that this server stores itself.
package typealias ServedCluster = PagedCluster & WatchableCluster

/// The resources that this server stores itself, by URL.
package struct ResourceEndpoints: Sendable {
    let groups: [APIGroup]
    private let cluster: any ServedCluster
    private let resources: [Resource]
    /// Answers users who ask what they may do.
    let reviews: SelfReviews?
    private let admission: (any ObjectAdmission)?

    /// - Parameters:
    ///   - authorizer: the one that decides on requests; without it nobody can ask what they may do.
    ///   - admission: rules for what is written.
    package init(
        resources: [Resource], cluster: any ServedCluster, authorizer: (any Authorizer)? = nil,
        admission: (any ObjectAdmission)? = nil
    ) {
        self.resources = resources
        self.admission = admission
        reviews = authorizer.map(SelfReviews.init)
        self.cluster = cluster
        var groups: [APIGroup] = []
        for resource in resources where !groups.contains(where: { $0.name == resource.group }) {
            groups.append(APIGroup(resources: resources.filter { $0.group == resource.group }))
        }
        self.groups = groups + (reviews == nil ? [] : SelfReviews.groups)
    }

    /// Who answers; `nil` when there is no such resource or subresource.
    func endpoint(for info: RequestInfo) -> ResourceEndpoint? {
        guard info.extraSegments == 0,
            let resource = resources.first(where: {
                $0.group == info.group && $0.plural == info.resource
                    && ($0.version == info.version || $0.otherVersions.contains(info.version))
            })
        else { return nil }
        var endpoint = ResourceEndpoint(
            resource: resource, cluster: cluster, admission: admission,
            rendering: ObjectRendering(resource: resource, version: info.version), verbs: APIGroup.verbs(of: resource))
        guard !info.subresource.isEmpty else { return endpoint }
        guard let subresource = APIGroup.subresources(of: resource).first(where: { $0.name == info.subresource }) else {
            return nil
        }
        endpoint.subresource = subresource.name
        endpoint.verbs = subresource.verbs
        return endpoint
    }
}

extension ResourceEndpoints {
    /// What needs a container that runs (kubernetes `pkg/registry/core/pod/rest`).
    private static let containerSubresources: Set = ["attach", "exec", "log", "portforward", "proxy"]

    /// Why there is no endpoint, where users would wonder.
    func whyMissing(_ info: RequestInfo) -> Status? {
        guard info.group.isEmpty, info.resource == "pods", Self.containerSubresources.contains(info.subresource) else {
            return nil
        }
        return .badRequest(
            "pods/\(info.subresource) is not there: pods are played here, and no container of \"\(info.name)\" runs")
    }
}

/// The verbs of one resource or subresource (apiserver `pkg/endpoints/handlers`).
struct ResourceEndpoint: Sendable {
    let resource: Resource
    let cluster: any ServedCluster
    let admission: (any ObjectAdmission)?
    var rendering: ObjectRendering
    /// `nil` for the resource itself.
    var subresource: String?
    var verbs: [String]

    /// What can be done at this URL (RFC 9110 §10.2.1).
    func allowedMethods(_ info: RequestInfo) -> [HTTPMethod] {
        if subresource != nil {
            return (verbs.contains("get") ? [.get, .head] : []) + (verbs.contains("patch") ? [.patch] : []) + [.put]
        }
        let isWhole = info.name.isEmpty
        // In all namespaces objects can be looked at alone.
        let isEverywhere = isWhole && resource.isNamespaced && info.namespace.isEmpty
        let methods: [(HTTPMethod, String)] =
            [
                (.delete, isWhole ? "deletecollection" : "delete"), (.get, "get"), (.head, "get"),
                (isWhole ? .post : .patch, isWhole ? "create" : "patch"),
            ] + (isWhole ? [] : [(.put, "update")])
        return methods.filter { verbs.contains($0.1) && (!isEverywhere || $0.1 == "get") }.map(\.0)
    }

    func methodNotAllowed(_ info: RequestInfo) -> Status {
        let verb = info.verb.isEmpty ? "this method" : info.verb
        return Status(
            code: 405, reason: "MethodNotAllowed",
            message: "\(verb) is not supported on resources of kind \"\(resource.groupResource)\"",
            details: Status.Details(group: resource.group, kind: resource.plural))
    }

    func answer(_ request: APIRequest) async throws(Status) -> APIAnswer {
        let info = request.info
        if resource.isNamespaced, info.namespace.isEmpty, info.verb != "list", info.verb != "watch" {
            throw .pathNotFound
        }
        if !info.namespace.isEmpty, !DNS1123.isLabel(info.namespace) { throw .pathNotFound }
        // A resource of the whole cluster is in no namespace; a namespace is in itself.
        if !resource.isNamespaced, !info.namespace.isEmpty, info.namespace != info.name { throw .pathNotFound }
        switch info.verb {
        case "list": return try await list(request)
        case "watch": return try await watch(request)
        case "create": return try await create(request)
        case "get": return try await get(request)
        case "update": return try await update(request)
        case "patch": return try await patch(request)
        case "delete": return try await delete(request)
        case "deletecollection": return try await deleteCollection(request)
        default: throw methodNotAllowed(info)
        }
    }

    private func get(_ request: APIRequest) async throws(Status) -> APIAnswer {
        try answer(try await cluster.get(resource, namespace: request.info.namespace, name: request.info.name))
    }

    private func list(_ request: APIRequest) async throws(Status) -> APIAnswer {
        let options = try ListOptions(request.query, resource: resource, isWatch: false)
        var list = ResourceList(
            resource, in: cluster, namespace: namespace(request), options: options, rendering: rendering)
        return try await list.answer()
    }

    private func watch(_ request: APIRequest) async throws(Status) -> APIAnswer {
        let watch = ResourceWatch(
            cluster: cluster, resource: resource, namespace: namespace(request),
            options: try ListOptions(request.query, resource: resource, isWatch: true), rendering: rendering)
        return try await watch.answer()
    }

    /// `nil` stands for all.
    private func namespace(_ request: APIRequest) -> String? {
        request.info.namespace.isEmpty ? nil : request.info.namespace
    }

    private func answer(
        _ object: StoredObject, status: Int = 200, warnings: [String] = []
    ) throws(Status) -> APIAnswer {
        APIAnswer(status: status, .json(try rendering.answer(object)), warnings: warnings)
    }

    private func create(_ request: APIRequest) async throws(Status) -> APIAnswer {
        let (object, warnings) = try RequestBodyDecoding.object(request, of: resource)
        let options = try await writeOptions(request, created: object)
        let created = try await cluster.create(
            resource, namespace: request.info.namespace, object: try rendering.stored(object), options: options)
        return try answer(created, status: 201, warnings: warnings)
    }

    private func update(_ request: APIRequest) async throws(Status) -> APIAnswer {
        let (object, warnings) = try RequestBodyDecoding.object(request, of: resource)
        let options = try await writeOptions(request)
        let updated = try await cluster.update(
            resource, namespace: request.info.namespace, name: request.info.name,
            object: try rendering.stored(object), options: options)
        return try answer(updated, warnings: warnings)
    }

    private func patch(_ request: APIRequest) async throws(Status) -> APIAnswer {
        let (patch, warnings) = try RequestBodyDecoding.patch(request, of: resource)
        let options = try await writeOptions(request)
        let patched = try await cluster.patch(
            resource, namespace: request.info.namespace, name: request.info.name,
            patch: try rendering.stored(patch), options: options)
        return try answer(patched, warnings: warnings)
    }

    private func delete(_ request: APIRequest) async throws(Status) -> APIAnswer {
        let options = try OptionsDecoding(verb: request.info.verb).deleteOptions(request)
        switch try await cluster.delete(
            resource, namespace: request.info.namespace, name: request.info.name, options: options)
        {
        case .pending(let object): return try answer(object)
        case .deleted(let object):
            let uid = (try? object.json())?[path: "metadata", "uid"]?.string ?? ""
            return APIAnswer([
                "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
                "details": [
                    "name": .string(request.info.name), "group": .string(resource.group),
                    "kind": .string(resource.plural), "uid": .string(uid),
                ],
            ])
        }
    }

    /// Deletes what the selectors choose, and answers it as a list.
    private func deleteCollection(_ request: APIRequest) async throws(Status) -> APIAnswer {
        let deletion = CollectionDeletion(
            resource: resource, cluster: cluster, namespace: namespace(request),
            options: try ListOptions(request.query, resource: resource, isWatch: false),
            deleteOptions: try OptionsDecoding(verb: request.info.verb).deleteOptions(request), rendering: rendering)
        return try await deletion.answer()
    }

    private func writeOptions(
        _ request: APIRequest, created: JSONValue? = nil
    ) async throws(Status) -> WriteOptions {
        let decoding = OptionsDecoding(verb: request.info.verb)
        var options = WriteOptions(
            dryRun: try decoding.dryRun(request.query.all("dryRun")),
            fieldManager: try decoding.fieldManager(of: request))
        options.subresource = subresource
        if let created { try FieldTypes.check(created, of: resource) }
        let rules = try await admission?.check(
            for: resource, in: request.info.namespace, created: created, by: request.user)
        options.check = { [resource] new, old throws(Status) in
            if let old { try FieldTypes.check(new, old: old, of: resource) }
            try rules?(new, old)
        }
        return options
    }
}

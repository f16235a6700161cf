import KubeModel

/// The discovery documents, made once: they never change while the process runs.
struct DiscoveryDocuments: Sendable {
    let versions: StaticDocument
    let groupList: StaticDocument
    let groups: [String: StaticDocument]
    /// By `group/version`, of the core group by `version`.
    let resources: [String: StaticDocument]
    /// `apidiscovery.k8s.io` v2 and v2beta1.
    let aggregated: [String: StaticDocument]
    let aggregatedCore: [String: StaticDocument]

    init(groups all: [APIGroup]) {
        let groups = all.filter { !$0.isCore }
        let core = all.filter(\.isCore)
        versions = StaticDocument([
            "kind": "APIVersions", "versions": strings(core.flatMap(\.versions).map(\.name)),
            "serverAddressByClientCIDRs": .array([]),
        ])
        groupList = StaticDocument([
            "kind": "APIGroupList", "apiVersion": "v1", "groups": .array(groups.map { Self.group($0, isWhole: false) }),
        ])
        self.groups = Dictionary(
            groups.map { ($0.name, StaticDocument(Self.group($0, isWhole: true))) },
            uniquingKeysWith: { first, _ in first })
        var resources: [String: StaticDocument] = [:]
        for group in all {
            for version in group.versions {
                let name = group.groupVersion(version)
                resources[name] = StaticDocument([
                    "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(name),
                    "resources": .array(Self.resourceList(version)),
                ])
            }
        }
        self.resources = resources
        aggregated = Self.aggregated(groups)
        aggregatedCore = Self.aggregated(core)
    }

    private static func group(_ group: APIGroup, isWhole: Bool) -> JSONValue {
        let versions = group.versions.map { version -> JSONValue in
            ["groupVersion": .string(group.groupVersion(version)), "version": .string(version.name)]
        }
        var object: JSONValue = isWhole ? ["kind": "APIGroup", "apiVersion": "v1"] : [:]
        object["name"] = .string(group.name)
        object["versions"] = .array(versions)
        object["preferredVersion"] = versions.first ?? .null
        return object
    }

    private static func resourceList(_ version: APIGroup.Version) -> [JSONValue] {
        version.resources.flatMap { resource -> [JSONValue] in
            var entry: JSONValue = [
                "name": .string(resource.plural), "singularName": .string(resource.singular),
                "namespaced": .bool(resource.isNamespaced), "kind": .string(resource.kind),
                "verbs": strings(version.verbs(of: resource)), "shortNames": strings(resource.shortNames),
            ]
            if !resource.categories.isEmpty { entry["categories"] = strings(resource.categories) }
            let subresources = APIGroup.subresources(of: resource).map { subresource -> JSONValue in
                [
                    "name": .string("\(resource.plural)/\(subresource.name)"), "singularName": "",
                    "namespaced": .bool(resource.isNamespaced), "kind": .string(resource.kind),
                    "verbs": strings(subresource.verbs),
                ]
            }
            return [entry] + subresources
        }
            + version.subresources.map { subresource in
                [
                    "name": .string("\(subresource.parent.plural)/\(subresource.name)"), "singularName": "",
                    "namespaced": .bool(subresource.parent.isNamespaced), "group": .string(subresource.parent.group),
                    "version": .string(subresource.parent.version), "kind": .string(subresource.parent.kind),
                    "verbs": strings(subresource.verbs),
                ]
            }
    }

    private static func aggregated(_ groups: [APIGroup]) -> [String: StaticDocument] {
        let items = groups.map { group -> JSONValue in
            [
                "metadata": ["name": .string(group.name), "creationTimestamp": .null],
                "versions": .array(
                    group.versions.map { version in
                        [
                            "version": .string(version.name),
                            "resources": .array(aggregatedResources(group.name, version)), "freshness": "Current",
                        ]
                    }),
            ]
        }
        var documents: [String: StaticDocument] = [:]
        for version in ["v2", "v2beta1"] {
            documents[version] = StaticDocument([
                "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/\(version)"),
                "metadata": [:], "items": .array(items),
            ])
        }
        return documents
    }

    private static func aggregatedResources(_ group: String, _ version: APIGroup.Version) -> [JSONValue] {
        let resources = version.resources.map { resource -> JSONValue in
            let kind: JSONValue = [
                "group": .string(resource.group), "version": .string(resource.version), "kind": .string(resource.kind),
            ]
            var entry: JSONValue = [
                "resource": .string(resource.plural), "responseKind": kind,
                "scope": resource.isNamespaced ? "Namespaced" : "Cluster",
                "singularResource": .string(resource.singular), "verbs": strings(version.verbs(of: resource)),
                "shortNames": strings(resource.shortNames),
            ]
            if !resource.categories.isEmpty { entry["categories"] = strings(resource.categories) }
            let subresources = APIGroup.subresources(of: resource).map { subresource -> JSONValue in
                [
                    "subresource": .string(subresource.name), "responseKind": kind,
                    "verbs": strings(subresource.verbs),
                ]
            }
            if !subresources.isEmpty { entry["subresources"] = .array(subresources) }
            return entry
        }
        // A parent that is served elsewhere has an empty kind, never null: old clients crash on null
        // (apiserver `pkg/endpoints/installer.go`).
        var parents: [String] = []
        for subresource in version.subresources where !parents.contains(subresource.parent.plural) {
            parents.append(subresource.parent.plural)
        }
        return resources
            + parents.map { parent in
                [
                    "resource": .string(parent), "responseKind": ["group": "", "version": "", "kind": ""],
                    "scope": "Namespaced", "singularResource": "", "verbs": .array([]),
                    "subresources": .array(
                        version.subresources.filter { $0.parent.plural == parent }.map { subresource in
                            [
                                "subresource": .string(subresource.name),
                                "responseKind": [
                                    "group": .string(group), "version": .string(version.name),
                                    "kind": .string(subresource.parent.kind),
                                ], "verbs": strings(subresource.verbs),
                            ]
                        }),
                ]
            }
    }
}

func strings(_ values: [String]) -> JSONValue {
    .array(values.map { .string($0) })
}

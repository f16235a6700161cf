import FoundationEssentials
import KubeModel

/// How the objects of one resource are shown to one client: the one way from stored bytes to those of an answer.
struct ObjectRendering: Sendable {
    /// As it is stored.
    let resource: Resource
    /// Of the URL; objects are stored as the resource's own version.
    let version: String

    /// What the client wants to see.
    var form = ObjectForm.whole
    /// Seconds since 1970, for ages.
    var now: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) }

    private var isStoredVersion: Bool { version == resource.version }

    /// `kubevirt.io/v1alpha3`.
    private var apiVersion: String { resource.served(as: version).apiVersion }

    /// One object as an element of a list or of a watch's event, compact, without a line feed at its end.
    ///
    /// Of a Table it is a row.
    func object(_ object: StoredObject) throws(Status) -> [UInt8] {
        switch form {
        case .whole: return isStoredVersion ? object.bytes : try whole(object).serialized()
        case .metadata(let version): return Self.partial(try object.json(), version).serialized()
        case .table(let version, let rowObject):
            let value = try whole(object)
            let now = now()
            var row: JSONValue = [
                "cells": .array(TableColumn.columns(of: resource).map { $0.value(of: value, now: now) })
            ]
            switch rowObject {
            case .none: row["object"] = .null
            case .metadata: row["object"] = Self.partial(value, version)
            case .object: row["object"] = value
            }
            return row.serialized()
        }
    }

    /// One object as the whole answer, with a line feed at its end.
    func answer(_ object: StoredObject) throws(Status) -> [UInt8] {
        var bytes = try self.object(object)
        if case .table = form {
            bytes = listStart(ListMetadata(resourceVersion: object.resourceVersion)) + bytes + listEnd
        }
        return bytes + [UInt8(ascii: "\n")]
    }

    private func whole(_ object: StoredObject) throws(Status) -> JSONValue {
        var value = try object.json()
        if !isStoredVersion { value["apiVersion"] = .string(apiVersion) }
        return value
    }

    private static func partial(_ object: JSONValue, _ version: String) -> JSONValue {
        [
            "kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"),
            "metadata": object["metadata"] ?? [:],
        ]
    }

    // MARK: Lists

    /// A list up to its first item; `listEnd` follows the last, commas stand between.
    func listStart(_ metadata: ListMetadata) -> [UInt8] { listStart(metadata.json, columns: columnDefinitions) }

    var listEnd: [UInt8] { Array("]}".utf8) }

    private var columnDefinitions: JSONValue { .array(TableColumn.columns(of: resource).map(\.definition)) }

    private func listStart(_ metadata: JSONValue, columns: JSONValue) -> [UInt8] {
        var (kind, apiVersion, items) = ("\(resource.kind)List", apiVersion, "items")
        switch form {
        case .whole: break
        case .metadata(let version): (kind, apiVersion) = ("PartialObjectMetadataList", "meta.k8s.io/\(version)")
        case .table(let version, _): (kind, apiVersion, items) = ("Table", "meta.k8s.io/\(version)", "rows")
        }
        var head: JSONValue = ["kind": .string(kind), "apiVersion": .string(apiVersion), "metadata": metadata]
        if items == "rows" { head["columnDefinitions"] = columns }
        return head.serialized().dropLast() + Array(",\"\(items)\":[".utf8)
    }

    // MARK: Watches

    /// The object of a watch's event; of the Tables of a watch the first one has the column definitions.
    func watched(_ object: StoredObject, isFirst: Bool) throws(Status) -> [UInt8] {
        let bytes = try self.object(object)
        guard case .table = form else { return bytes }
        let metadata = ListMetadata(resourceVersion: object.resourceVersion).json
        return listStart(metadata, columns: isFirst ? columnDefinitions : .null) + bytes + listEnd
    }

    /// The object of a BOOKMARK event; of a Table it has no row.
    func bookmark(resourceVersion: UInt64, annotations: JSONObject) -> [UInt8] {
        var metadata: JSONObject = ["resourceVersion": .string(String(resourceVersion)), "creationTimestamp": .null]
        if !annotations.isEmpty { metadata["annotations"] = .object(annotations) }
        var object: JSONValue = [
            "kind": .string(resource.kind), "apiVersion": .string(apiVersion), "metadata": .object(metadata),
        ]
        switch form {
        case .whole: break
        case .metadata(let version): object = Self.partial(object, version)
        case .table:
            return listStart(ListMetadata(resourceVersion: resourceVersion).json, columns: .null) + listEnd
        }
        return object.serialized()
    }

    // MARK: Writes

    /// What to store for an object that a client sent to this version's URL.
    ///
    /// Throws BadRequest when the object says that it is of another version.
    func stored(_ object: JSONValue) throws(Status) -> JSONValue {
        if resource.isBuiltIn, object.object != nil { return withType(object) }
        guard !isStoredVersion, let sent = object["apiVersion"]?.string, !sent.isEmpty else { return object }
        guard sent == apiVersion else {
            throw .badRequest(
                "the API version in the data (\(sent)) does not match the expected API version (\(apiVersion))")
        }
        var stored = object
        stored["apiVersion"] = .string(resource.apiVersion)
        return stored
    }

    /// An object of a built-in kind need not say what it is: the URL tells (apiserver `handlers/create.go`).
    private func withType(_ object: JSONValue) -> JSONValue {
        var object = object
        if (object["apiVersion"]?.string ?? "").isEmpty { object["apiVersion"] = .string(resource.apiVersion) }
        if (object["kind"]?.string ?? "").isEmpty { object["kind"] = .string(resource.kind) }
        return object
    }

    /// As `stored`; a JSON Patch is taken as it is, and so is a patch of a built-in kind, which has one version.
    func stored(_ patch: Patch) throws(Status) -> Patch {
        switch patch {
        case .json, .strategicMerge: patch
        case .merge(let value): resource.isBuiltIn ? patch : .merge(try stored(value))
        }
    }
}

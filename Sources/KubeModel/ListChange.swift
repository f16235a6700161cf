/// What a strategic merge patch says of one list.
struct ListChange {
    /// The member of the list's own name; `nil` when the patch has none.
    let elements: JSONValue?
    /// `$setElementOrder`: the elements that the client knows of, by their merge key alone.
    let order: [JSONValue]?
    /// `$deleteFromPrimitiveList`.
    let deleted: [JSONValue]

    private struct Item {
        let identity: MemberName?
        /// Where it was in the list; `nil` for one that is new.
        let place: Int?
        var value: JSONValue
    }

    /// The list after the change.
    ///
    /// Elements that the client knows of come in its order, the others before the first known one that followed them.
    /// Where the client gives no order, it knows of those that it changes: one that is new comes first, as upstream.
    func applied(
        to list: [JSONValue], _ rule: PatchRule?, _ name: String
    ) throws(StrategicMergePatchError) -> [JSONValue] {
        switch rule {
        case .set: return try arranged(united(list), key: nil, name)
        case .map(let key, let rules, _):
            return try arranged(try merged(list, key: key, rules, name), key: key, name)
        case .object, nil:
            // Replaced, which a directive among the elements may say once more.
            return elements?.array?.filter { $0[StrategicMergePatch.directive] == nil } ?? list
        }
    }

    // MARK: Scalars

    private func united(_ list: [JSONValue]) -> [Item] {
        var seen = Set(deleted.map(Self.identity))
        var items: [Item] = []
        for (place, value) in list.enumerated() where seen.insert(Self.identity(value)).inserted {
            items.append(Item(identity: Self.identity(value), place: place, value: value))
        }
        var known = Set(items.compactMap(\.identity))
        for value in elements?.array ?? [] where known.insert(Self.identity(value)).inserted {
            items.append(Item(identity: Self.identity(value), place: nil, value: value))
        }
        return items
    }

    // MARK: Objects

    private func merged(
        _ list: [JSONValue], key: String, _ rules: [String: PatchRule], _ name: String
    ) throws(StrategicMergePatchError) -> [Item] {
        let (changes, removed, isReplaced) = try sorted(key, name)
        var items: [Item] = []
        var places: [MemberName: Int] = [:]
        for (place, value) in (isReplaced ? [] : list).enumerated() {
            let identity = value[key].map(Self.identity)
            if let identity {
                guard !removed.contains(identity) else { continue }
                // Of two that share a key the first one is merged into.
                places[identity] = places[identity] ?? items.count
            }
            items.append(Item(identity: identity, place: place, value: value))
        }
        for (identity, change) in changes {
            if let place = places[identity], let old = items[place].value.object {
                items[place].value = .object(try StrategicMergePatch.merged(old, change, rules))
            } else {
                places[identity] = items.count
                let value = JSONValue.object(try StrategicMergePatch.merged(JSONObject(), change, rules))
                items.append(Item(identity: identity, place: nil, value: value))
            }
        }
        return items
    }

    /// The elements of the patch by what they are for.
    private func sorted(
        _ key: String, _ name: String
    ) throws(StrategicMergePatchError) -> (changes: [(MemberName, JSONObject)], removed: Set<MemberName>, Bool) {
        var changes: [(MemberName, JSONObject)] = []
        var removed: Set<MemberName> = []
        var isReplaced = false
        for element in elements?.array ?? [] {
            let identity = element[key].map(Self.identity)
            switch (element[StrategicMergePatch.directive], identity, element.object) {
            case (nil, let identity?, let object?): changes.append((identity, object))
            case ("delete", let identity?, _): removed.insert(identity)
            case ("replace", _, _): isReplaced = true
            case (nil, _, _), ("delete", nil, _): throw .missingMergeKey(key: key, list: name)
            case (let directive?, _, _): throw .unknownDirective(directive)
            }
        }
        return (changes, removed, isReplaced)
    }

    // MARK: Order

    private func arranged(
        _ items: [Item], key: String?, _ name: String
    ) throws(StrategicMergePatchError) -> [JSONValue] {
        var positions: [MemberName: Int] = [:]
        for element in order ?? elements?.array ?? [] where element[StrategicMergePatch.directive] == nil {
            guard let value = key.map({ element[$0] }) ?? element else {
                throw .missingMergeKey(key: key ?? "", list: name)
            }
            positions[Self.identity(value)] = positions[Self.identity(value)] ?? positions.count
        }
        var known: [(position: Int, item: Item)] = []
        var others: [Item] = []
        for item in items {
            if let position = item.identity.flatMap({ positions[$0] }) {
                known.append((position, item))
            } else if item.place != nil {
                others.append(item)
            } else {
                throw .malformed("$setElementOrder/\(name) must name each element that the patch gives for \(name)")
            }
        }
        // Stable, for two that share a key.
        known = known.enumerated().sorted { ($0.element.position, $0.offset) < ($1.element.position, $1.offset) }
            .map(\.element)
        return Self.interleaved(others[...], known.map(\.item)[...])
    }

    /// Both in their order; one of `others` comes before the first of `known` that it was in front of.
    private static func interleaved(_ others: ArraySlice<Item>, _ known: ArraySlice<Item>) -> [JSONValue] {
        var (others, known) = (others, known)
        var result: [JSONValue] = []
        result.reserveCapacity(others.count + known.count)
        while let next = known.first {
            if let other = others.first, let left = other.place, let right = next.place, left < right {
                result.append(other.value)
                others.removeFirst()
            } else {
                result.append(next.value)
                known.removeFirst()
            }
        }
        return result + others.map(\.value)
    }

    private static func identity(_ value: JSONValue) -> MemberName {
        MemberName(String(decoding: value.serialized(), as: UTF8.self))
    }
}

import KubeModel

extension TableColumn {
    private static let nameColumn = TableColumn(
        name: "Name", format: "name", description: "The object's name, unique among its kind in its namespace.",
        cell: .member(["metadata", "name"]))
    private static let ageColumn = TableColumn(
        name: "Age", type: "date", description: "How long ago the object was created.",
        cell: .age(["metadata", "creationTimestamp"]))
    /// kubectl prints the time of built-in kinds as text.
    private static let builtInAgeColumn = TableColumn(
        name: "Age", description: "How long ago the object was created.",
        cell: .age(["metadata", "creationTimestamp"]))
    private static let phaseColumn = TableColumn(
        name: "Phase", description: "Where the object is in its life.", cell: .member(["status", "phase"]))
    private static let readyColumn = TableColumn(
        name: "Ready", description: "The condition Ready.", cell: .condition("Ready"))

    /// The columns of a resource: those of KubeVirt's CRDs (v1.0.1
    /// `pkg/virt-operator/resource/generate/components/crds.go`), of kubernetes `pkg/printers/internalversion` for
    /// built-in kinds, and name and age for the rest.
    static func columns(of resource: Resource) -> [TableColumn] {
        switch (resource.group, resource.plural) {
        case ("kubevirt.io", "virtualmachines"): virtualMachine
        case ("kubevirt.io", "virtualmachineinstances"): virtualMachineInstance
        case ("kubevirt.io", "virtualmachineinstancemigrations"): migration
        case ("kubevirt.io", "kubevirts"): [nameColumn, ageColumn, phaseColumn]
        case ("", "namespaces"):
            [
                nameColumn,
                TableColumn(name: "Status", description: "The phase.", cell: .member(["status", "phase"])),
                builtInAgeColumn,
            ]
        case ("", "pods"): pod
        case ("", "events"): event
        default: [nameColumn, ageColumn]
        }
    }

    private static let virtualMachine = [
        nameColumn, ageColumn,
        TableColumn(
            name: "Status", description: "What the machine does.", cell: .member(["status", "printableStatus"])),
        readyColumn,
    ]

    private static let virtualMachineInstance = [
        nameColumn, ageColumn, phaseColumn,
        TableColumn(
            name: "IP", description: "The address of the first interface.",
            cell: .first(list: ["status", "interfaces"], member: "ipAddress")),
        TableColumn(name: "NodeName", description: "Where the guest runs.", cell: .member(["status", "nodeName"])),
        readyColumn,
        TableColumn(
            name: "Live-Migratable", priority: 1, description: "The condition LiveMigratable.",
            cell: .condition("LiveMigratable")),
        TableColumn(name: "Paused", priority: 1, description: "The condition Paused.", cell: .condition("Paused")),
    ]

    private static let migration = [
        nameColumn, phaseColumn,
        TableColumn(
            name: "VMI", description: "The VirtualMachineInstance that migrates.", cell: .member(["spec", "vmiName"])),
    ]

    // MARK: Pods

    private static let pod = [
        nameColumn,
        TableColumn(name: "Ready", description: "Containers that are ready, of all.", cell: .computed(readyContainers)),
        TableColumn(name: "Status", description: "The phase, or why it is not that.", cell: .computed(podStatus)),
        TableColumn(
            name: "Restarts", description: "How often containers were restarted.", cell: .computed(restarts)),
        builtInAgeColumn,
        TableColumn(name: "IP", priority: 1, description: "The pod's address.", cell: .computed(orNone("podIP"))),
        TableColumn(
            name: "Node", priority: 1, description: "Where the pod runs.",
            cell: .computed { pod, _ in pod[path: "spec", "nodeName"] ?? "<none>" }),
        TableColumn(
            name: "Nominated Node", priority: 1, description: "Where room is being made for the pod.",
            cell: .computed(orNone("nominatedNodeName"))),
        TableColumn(
            name: "Readiness Gates", priority: 1, description: "Readiness gates that are passed, of all.",
            cell: .computed(readinessGates)),
    ]

    private static func containers(_ pod: JSONValue) -> [JSONValue] {
        pod[path: "status", "containerStatuses"]?.array ?? []
    }

    private static let readyContainers: @Sendable (JSONValue, Int64) -> JSONValue = { pod, _ in
        let ready = containers(pod).count { $0["ready"]?.bool == true }
        return .string("\(ready)/\(pod[path: "spec", "containers"]?.array?.count ?? 0)")
    }

    private static let podStatus: @Sendable (JSONValue, Int64) -> JSONValue = { pod, _ in
        if pod.isBeingDeleted { return "Terminating" }
        return pod[path: "status", "reason"] ?? pod[path: "status", "phase"] ?? "Unknown"
    }

    private static let restarts: @Sendable (JSONValue, Int64) -> JSONValue = { pod, _ in
        let count = containers(pod).reduce(0) { $0 &+ ($1["restartCount"]?.int ?? 0) }
        return .string("\(count)")
    }

    private static let readinessGates: @Sendable (JSONValue, Int64) -> JSONValue = { pod, _ in
        let gates = pod[path: "spec", "readinessGates"]?.array ?? []
        guard !gates.isEmpty else { return "<none>" }
        let passed = gates.count { pod.hasTrueCondition($0["conditionType"]?.string ?? "") }
        return .string("\(passed)/\(gates.count)")
    }

    private static func orNone(_ member: String) -> @Sendable (JSONValue, Int64) -> JSONValue {
        { object, _ in object[path: "status", member] ?? "<none>" }
    }

    // MARK: Events

    private static let event = [
        TableColumn(name: "Last Seen", description: "How long ago it happened last.", cell: .computed(lastSeen)),
        TableColumn(name: "Type", description: "Normal or Warning.", cell: .member(["type"])),
        TableColumn(name: "Reason", description: "What happened, in one word.", cell: .member(["reason"])),
        TableColumn(name: "Object", description: "What it is about.", cell: .computed(involvedObject)),
        TableColumn(
            name: "Source", priority: 1, description: "Who tells.",
            cell: .computed { event, _ in
                event[path: "source", "component"] ?? event["reportingComponent"] ?? ""
            }),
        TableColumn(
            name: "Message", description: "What happened.",
            cell: .computed { event, _ in .string((event["message"]?.string ?? "").trimmed) }),
        TableColumn(
            name: "First Seen", priority: 1, description: "How long ago it happened first.",
            cell: .computed { event, now in age(time(event, "firstTimestamp"), now: now) }),
        TableColumn(
            name: "Count", type: "integer", priority: 1, description: "How often it happened.",
            cell: .computed { event, _ in event["count"] ?? 1 }),
        TableColumn(
            name: "Name", format: "name", priority: 1, description: "The name of the event itself.",
            cell: .member(["metadata", "name"])),
    ]

    private static func time(_ event: JSONValue, _ member: String) -> String? {
        event[member]?.string ?? event["eventTime"]?.string
    }

    private static let lastSeen: @Sendable (JSONValue, Int64) -> JSONValue = { event, now in
        let last = event[path: "series", "lastObservedTime"]?.string ?? time(event, "lastTimestamp")
        let count = event[path: "series", "count"]?.int ?? event["count"]?.int ?? 1
        guard count > 1, let lastText = age(last, now: now).string,
            let first = age(time(event, "firstTimestamp"), now: now).string
        else { return age(last, now: now) }
        return .string("\(lastText) (x\(count) over \(first))")
    }

    private static let involvedObject: @Sendable (JSONValue, Int64) -> JSONValue = { event, _ in
        let object = event["involvedObject"]
        let kind = object?["kind"]?.string?.lowercased() ?? ""
        let name = object?["name"]?.string ?? ""
        return .string(kind.isEmpty ? name : "\(kind)/\(name)")
    }
}

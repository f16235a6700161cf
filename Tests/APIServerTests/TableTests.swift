import KubeModel
import Testing

@testable import APIServer

@Suite struct TableTests {
    /// From apimachinery `pkg/util/duration`, each at a bound and one past it.
    @Test(
        arguments: [
            (-2, "<invalid>"), (-1, "0s"), (0, "0s"), (1, "1s"), (119, "119s"), (120, "2m"), (121, "2m1s"),
            (599, "9m59s"), (600, "10m"), (10_799, "179m"), (10_800, "3h"), (10_860, "3h1m"), (28_799, "7h59m"),
            (28_800, "8h"), (172_799, "47h"), (172_800, "2d"), (176_400, "2d1h"), (691_199, "7d23h"), (691_200, "8d"),
            (63_071_999, "729d"), (63_072_000, "2y"), (63_158_400, "2y1d"), (252_287_999, "7y364d"),
            (252_288_000, "8y"),
        ] as [(Int64, String)]) func `tells an age in one or two units`(seconds: Int64, text: String)
    {
        #expect(HumanDuration.text(seconds: seconds) == text)
    }

    private func cells(_ resource: Resource, _ object: JSONValue) -> [String: JSONValue] {
        let columns = TableColumn.columns(of: resource)
        return Dictionary(
            columns.map { ($0.name, $0.value(of: object, now: 1000)) }, uniquingKeysWith: { first, _ in first })
    }

    @Test(arguments: [
        (Resource.virtualMachine, "Name Age Status Ready"),
        (.virtualMachineInstance, "Name Age Phase IP NodeName Ready Live-Migratable* Paused*"),
        (.virtualMachineInstanceMigration, "Name Phase VMI"), (.kubeVirt, "Name Age Phase"),
        (.networkAttachmentDefinition, "Name Age"), (.namespace, "Name Status Age"),
        (.pod, "Name Ready Status Restarts Age IP* Node* Nominated Node* Readiness Gates*"),
        (.event, "Last Seen Type Reason Object Source* Message First Seen* Count* Name*"),
    ]) func `has the columns that people know`(resource: Resource, names: String) {
        let columns = TableColumn.columns(of: resource)
        #expect(columns.map { $0.name + ($0.priority > 0 ? "*" : "") }.joined(separator: " ") == names)
        for column in columns {
            #expect(column.description.isEmpty == false)
            #expect(column.definition["type"]?.string?.isEmpty == false)
        }
    }

    @Test func `finds what a VMI shows`() {
        let cells = cells(
            .virtualMachineInstance,
            [
                "metadata": ["name": "x", "creationTimestamp": "1970-01-01T00:15:00Z"],
                "status": [
                    "phase": "Running", "nodeName": "node", "interfaces": [["ipAddress": "10.0.0.1"], [:]],
                    "conditions": [["type": "LiveMigratable", "status": "True"]],
                ],
            ])
        #expect(cells["Age"] == "100s")
        #expect(cells["Phase"] == "Running")
        #expect(cells["IP"] == "10.0.0.1")
        #expect(cells["NodeName"] == "node")
        #expect(cells["Live-Migratable"] == "True")
        #expect(cells["Ready"] == .null)
    }

    @Test func `shows values of another type than text as JSON, and a time that is none as invalid`() {
        let cells = cells(
            .virtualMachineInstance,
            [
                "metadata": ["creationTimestamp": "yesterday"],
                "status": ["phase": .number(JSONNumber(validated: "1.5")), "nodeName": ["a"]],
            ])
        #expect(cells["Phase"] == "1.5")
        #expect(cells["NodeName"] == #"["a"]"#)
        #expect(cells["Age"] == "<invalid>")
    }

    @Test func `finds what a pod shows`() {
        var pod: JSONValue = [
            "metadata": [:], "spec": ["containers": [[:], [:]]],
            "status": [
                "phase": "Running",
                "containerStatuses": [["ready": true, "restartCount": 2], ["ready": false, "restartCount": 1]],
            ],
        ]
        #expect(cells(.pod, pod)["Ready"] == "1/2")
        #expect(cells(.pod, pod)["Status"] == "Running")
        #expect(cells(.pod, pod)["Restarts"] == "3")
        #expect(cells(.pod, pod)["IP"] == "<none>")
        #expect(cells(.pod, pod)["Nominated Node"] == "<none>")
        #expect(cells(.pod, pod)["Readiness Gates"] == "<none>")
        pod["spec"]?["readinessGates"] = [["conditionType": "a"], ["conditionType": "b"]]
        pod["status"]?["conditions"] = [["type": "a", "status": "True"], ["type": "b", "status": "False"]]
        #expect(cells(.pod, pod)["Readiness Gates"] == "1/2")
        pod["metadata"] = ["deletionTimestamp": "1970-01-01T00:00:00Z"]
        #expect(cells(.pod, pod)["Status"] == "Terminating")
        #expect(cells(.pod, [:])["Ready"] == "0/0")
    }

    @Test func `finds what an event shows`() {
        let event: JSONValue = [
            "involvedObject": ["kind": "VirtualMachineInstance", "name": "x"], "message": " plugged ", "count": 3,
            "firstTimestamp": "1970-01-01T00:10:00Z", "lastTimestamp": "1970-01-01T00:16:30Z",
            "source": ["component": "virt-handler"],
        ]
        #expect(cells(.event, event)["Last Seen"] == "10s (x3 over 6m40s)")
        #expect(cells(.event, event)["Object"] == "virtualmachineinstance/x")
        #expect(cells(.event, event)["Message"] == "plugged")
        #expect(cells(.event, event)["Source"] == "virt-handler")
        #expect(cells(.event, ["eventTime": "1970-01-01T00:16:00.000000Z"])["Last Seen"] == "40s")
        #expect(cells(.event, [:])["Last Seen"] == "<unknown>")
    }

    private static let table = "application/json;as=Table;v=v1;g=meta.k8s.io"
    private static let metadata = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"

    @Test(
        arguments: [
            (nil, nil, ObjectForm.whole), ("*/*", nil, .whole), ("application/json", nil, .whole),
            (table, nil, .table(version: "v1", rowObject: .metadata)),
            (
                table + ",application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", nil,
                .table(version: "v1", rowObject: .metadata)
            ),
            (
                "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", "includeObject=Object",
                .table(version: "v1beta1", rowObject: .object)
            ),
            (table, "includeObject=None", .table(version: "v1", rowObject: .none)),
            ("application/json," + table, nil, .whole), (metadata, nil, .metadata(version: "v1")),
            // What is not known is passed over.
            ("application/json;as=Table;v=v2;g=meta.k8s.io,application/json", nil, .whole),
            ("application/json;as=Chair;v=v1;g=meta.k8s.io,application/json", nil, .whole),
            ("application/json;as=Table;v=v1;g=meta.k8s.io;q=0.5,application/json", nil, .whole),
            ("application/json;as=Table;v=v2;g=meta.k8s.io", nil, nil), ("text/html", nil, nil),
        ] as [(String?, String?, ObjectForm?)])
    func `takes the form that the client names first`(accept: String?, query: String?, form: ObjectForm?) throws {
        #expect(
            try ObjectForm.negotiated(MediaTypes(accept.map { [$0] } ?? []), QueryParameters(query)) == form)
    }

    @Test func `refuses another includeObject`() {
        let status = #expect(throws: Status.self) {
            try ObjectForm.negotiated(MediaTypes([Self.table]), QueryParameters("includeObject=All"))
        }
        #expect(status?.code == 400)
    }
}

import KubeModel
import Testing

@testable import APIServer

@Suite struct UnknownFieldsTests {
    private func instance(_ spec: JSONValue) -> JSONValue {
        ["apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "metadata": ["name": "x"], "spec": spec]
    }

    @Test func `finds fields that interfaces and networks do not have, wherever they are`() {
        let spec: JSONValue = [
            "domain": [
                "devices": [
                    "interfaces": [["name": "a", "bridge": [:]], ["name": "b", "bridg": [:], "model": "virtio"]]
                ]
            ],
            "networks": [["name": "a", "multus": ["networkname": "n"]], ["name": "b", "pods": [:]]],
        ]
        let paths = ["domain.devices.interfaces[1].bridg", "networks[0].multus.networkname", "networks[1].pods"]
        #expect(
            UnknownFields.paths(in: instance(spec), of: .virtualMachineInstance) == paths.map { "spec." + $0 })
        let machine: JSONValue = ["metadata": [:], "spec": ["running": false, "template": ["spec": spec]]]
        #expect(
            UnknownFields.paths(in: machine, of: .virtualMachine) == paths.map { "spec.template.spec." + $0 })
    }

    @Test func `typing mistakes in CPU, memory and the like were silent`() {
        let spec: JSONValue = [
            "domain": [
                "cpu": ["core": 2, "cores": 2, "features": [["name": "x", "polcy": "y"]]],
                "memory": ["guests": "1Gi", "hugepages": ["size": "2Mi"]],
                "resources": ["request": [:], "requests": [:]],
                "machine": ["typ": "q35"], "firmware": ["bootloader": ["uefi": [:]]],
                "features": ["hyperv": ["synictimer": ["direct": ["on": true]]]],
                "clock": ["utc": ["offset": 1], "x": 1],
            ]
        ]
        let paths = [
            "cpu.core", "cpu.features[0].polcy", "memory.guests", "memory.hugepages.size", "resources.request",
            "machine.typ", "firmware.bootloader.uefi", "features.hyperv.synictimer.direct.on", "clock.utc.offset",
        ]
        #expect(
            UnknownFields.paths(in: instance(spec), of: .virtualMachineInstance) == paths.map { "spec.domain." + $0 })
    }

    @Test(
        arguments: [
            (
                Resource.kubeVirt,
                ["configuration": ["developerConfiguration": ["featuregates": [], "featureGates": []]]],
                ["spec.configuration.developerConfiguration.featuregates"]
            ), (.kubeVirt, ["configuraton": [:], "infra": ["any": "thing"]], ["spec.configuraton"]),
            (
                .kubeVirt,
                [
                    "configuration": [
                        "migration": [:], "migrations": ["any": "thing"], "vmRolloutStrategy": "LiveUpdate",
                        "network": ["binding": ["x": ["any": "thing"]], "defaultInterface": "bridge"],
                    ]
                ], ["spec.configuration.migration", "spec.configuration.network.defaultInterface"]
            ), (.networkAttachmentDefinition, ["conf": "{}", "config": "{}"], ["spec.conf"]),
        ] as [(Resource, JSONValue, [String])])
    func `typing mistakes in KubeVirt's configuration and in networks were silent`(
        _ resource: Resource, _ spec: JSONValue, _ paths: [String]
    ) {
        #expect(UnknownFields.paths(in: ["metadata": [:], "spec": spec], of: resource) == paths)
    }

    @Test func `finds fields that no object has`() {
        let object: JSONValue = [
            "kind": "VirtualMachine", "metadata": ["nmae": "x", "labels": ["a": "b"]], "spce": [:],
        ]
        #expect(UnknownFields.paths(in: object, of: .virtualMachine) == ["metadata.nmae", "spce"])
    }

    @Test func `fields that pods and their containers do not have were taken`() {
        let container: JSONValue = [
            "name": "a", "foo": 1, "ports": [["containerPort": 80, "port": 80]], "securityContext": ["any": "thing"],
            "env": [["name": "A", "vale": "x"]],
        ]
        let pod: JSONValue = ["spec": ["containers": [container], "ephemeralContainers": [container], "node": "x"]]
        let inContainer = ["foo", "ports[0].port", "env[0].vale"]
        #expect(
            UnknownFields.paths(in: pod, of: .pod)
                == inContainer.map { "spec.containers[0].\($0)" }
                + inContainer.map { "spec.ephemeralContainers[0].\($0)" } + ["spec.node"])
    }

    @Test func `lets be what it does not know`() {
        let spec: JSONValue = [
            "domain": ["cpu": ["cores": 2], "devices": ["rng": [:]]], "volumes": [["any": "thing"]],
        ]
        #expect(UnknownFields.paths(in: instance(spec), of: .virtualMachineInstance) == [])
        for value: JSONValue in [.null, [], "x", 1] {
            #expect(UnknownFields.paths(in: instance(value), of: .virtualMachineInstance) == [])
            #expect(UnknownFields.paths(in: value, of: .virtualMachineInstance) == [])
        }
    }

    @Test func `a merge patch may take away a field that there should not be`() {
        let patch: JSONValue = ["spce": .null, "metadata": ["labels": ["a": .null]], "sepc": [:]]
        #expect(UnknownFields.paths(in: patch, of: .virtualMachine, isPatch: true) == ["sepc"])
    }

    @Test func `reports up to the limit`() {
        let networks = (0...UnknownFields.limit).map { _ -> JSONValue in ["x": 1] }
        for count in [UnknownFields.limit, UnknownFields.limit + 1] {
            let paths = UnknownFields.paths(
                in: instance(["networks": .array(Array(networks.prefix(count)))]), of: .virtualMachineInstance)
            #expect(paths.count == UnknownFields.limit)
        }
    }

    @Test(
        arguments: [
            (nil, nil, [#"unknown field "spce""#, #"duplicate field "spec""#]), ("Ignore", nil, []),
            ("Strict", #"strict decoding error: unknown field "spce", duplicate field "spec""#, []),
        ] as [(String?, String?, [String])])
    func `does with them what the client says`(validation: String?, message: String?, warnings: [String]) throws {
        let request = try Fixture.request(
            #"{"spce":{},"spec":{},"spec":{}}"#, query: validation.map { "fieldValidation=\($0)" })
        do throws(Status) {
            #expect(try RequestBodyDecoding.object(request, of: .virtualMachine).warnings == warnings)
            #expect(message == nil)
        } catch {
            #expect(error.code == 400)
            #expect(error.message == message)
        }
    }
}

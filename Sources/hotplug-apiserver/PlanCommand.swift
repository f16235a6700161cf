import ArgumentParser
import Foundation
import HotplugAPI
import KubeModel
import Reactor

/// `hotplug-apiserver plan`: what a request would change, worked out from a file, with no server.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Print the JSON Patch that addinterface would send, and the spec after it.",
        discussion: """
            Reads a VirtualMachine or VirtualMachineInstance in JSON or YAML, and applies the server's rules to it. A
            refusal is printed as the server would answer it, and the exit status is 1.
            """)

    @Option(name: [.customShort("f"), .customLong("filename")], help: "The object's file, or - for standard input.")
    var filename: String

    @Option(help: "The name of the interface.")
    var name: String

    @Option(help: "The NetworkAttachmentDefinition: name or namespace/name.")
    var networkAttachmentDefinitionName: String?

    @Flag(help: "Plan removeinterface instead.")
    var remove = false

    func validate() throws {
        if !remove, networkAttachmentDefinitionName == nil {
            throw ValidationError("--network-attachment-definition-name is required, but for --remove.")
        }
    }

    func run() throws {
        let change: InterfaceChange =
            remove
            ? .remove(RemoveInterfaceOptions(name: name))
            : .add(
                AddInterfaceOptions(
                    networkAttachmentDefinitionName: networkAttachmentDefinitionName ?? "", name: name))
        do {
            let plan = try InterfacePlan(change, on: try Manifest.read(filename))
            for warning in plan.warnings { StandardError.write("Warning: \(warning)\n") }
            let isMachine = plan.after["kind"]?.string == "VirtualMachine"
            let spec = isMachine ? plan.after[path: "spec", "template", "spec"] : plan.after["spec"]
            let output: JSONValue = ["patch": plan.patch.json, "spec": spec ?? .null]
            print(String(decoding: output.prettyPrinted(), as: UTF8.self))
        } catch let status as Status {
            StandardError.write("Error (\(status.code) \(status.reason)): \(status.message)\n")
            throw ExitCode.failure
        }
    }
}

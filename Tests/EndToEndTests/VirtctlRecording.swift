import Foundation
import KubeModel

/// A request as a release of virtctl put it on the wire.
struct VirtctlRecording {
    let client: String
    let command: String
    let path: String
    let bytes: [UInt8]

    init(_ entry: JSONValue) throws {
        let request = entry["request"]
        guard let client = entry["client"]?.string, let command = entry["command"]?.string,
            let method = request?["method"]?.string, let path = request?["path"]?.string,
            let headers = request?["headers"]?.object, let body = request?["body"]?.string
        else { throw Failure("not a recording: \(entry)") }
        (self.client, self.command, self.path) = (client, command, path)
        var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:6443\r\n"
        for (name, value) in headers.members { text += "\(name): \(value.string ?? "")\r\n" }
        bytes = Array((text + "\r\n" + body).utf8)
    }

    var isRemoval: Bool { command == "removeinterface" }
    var isOfMachine: Bool { path.contains("/virtualmachines/") }

    static var all: [VirtctlRecording] {
        get throws {
            let data = try Data(contentsOf: URL(fileURLWithPath: Project.virtctlRequests))
            return try (JSONValue(parsing: Array(data)).array ?? []).map(VirtctlRecording.init)
        }
    }
}

import Foundation

/// The document that users follow, by its code blocks.
struct UserDocument {
    struct Block {
        /// `yaml` or `bash`.
        let language: String
        let text: String
    }

    let blocks: [Block]

    init() throws {
        let text = try String(contentsOfFile: Project.userDocument, encoding: .utf8)
        var blocks: [Block] = []
        var language: String?
        var lines: [Substring] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("```") else {
                lines.append(line)
                continue
            }
            if let opened = language {
                blocks.append(Block(language: opened, text: lines.joined(separator: "\n") + "\n"))
                language = nil
            } else {
                language = String(line.dropFirst(3))
            }
            lines = []
        }
        self.blocks = blocks
    }
}

/// Somebody who does what the document says, with one kubectl and a virtctl of which only its requests are here.
struct Reader {
    let server: ServerProcess
    let kubectl: Kubectl
    /// A directory where `kubectl` is that one.
    private let directory: TemporaryDirectory

    /// Starts the server as `make run` does.
    init(_ path: String, _ flags: [String] = []) throws {
        directory = try TemporaryDirectory()
        let tokens = try directory.write("TOKEN,virtctl,1,system:masters\n", to: "tokens.csv")
        server = try ServerProcess(["--token-auth-file", tokens] + flags)
        kubectl = server.kubectl(path)
        let found = try Command.run(["bash", "-c", "command -v \(path)"]).output.trimmingCharacters(in: .newlines)
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory.path)/kubectl", withDestinationPath: found)
    }

    /// Runs a line as the document has it.
    func run(_ line: String, input: String = "") throws -> Command.Result {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return try Command.run(
            ["bash", "-c", line], input: input,
            environment: [
                "KUBECONFIG": kubectl.kubeconfig, "HOME": kubectl.home, "PATH": "\(directory.path):\(path)",
            ])
    }

    /// Does what a `virtctl addinterface` line would: sends the bytes that virtctl was recorded to send for it.
    func virtctl(_ line: String) throws -> Reply {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        func value(_ flag: String) -> String? {
            words.firstIndex(of: flag).flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
        }
        guard words.count > 2, words[0] == "virtctl", words[1] == "addinterface",
            let definition = value("--network-attachment-definition-name"), let name = value("--name")
        else { throw Failure("not a line that was recorded: \(line)") }
        let command = "addinterface" + (words.contains("--persist") ? " --persist" : "")
        let recording = try VirtctlRecording.all.first { $0.client == "virtctl v1.0.0-rc.0" && $0.command == command }
        guard let recording, recording.path.contains("/\(words[2])/"),
            String(decoding: recording.bytes, as: UTF8.self).hasSuffix(Subresource.body(name, definition))
        else { throw Failure("what was recorded is not \(line)") }
        let connection = try server.connect(as: nil)
        try connection.send(recording.bytes)
        return try connection.reply()
    }
}

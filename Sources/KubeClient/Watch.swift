package import KubeModel
package import Reactor
import Synchronization

/// Keeps a copy of a list up to date: list, then watch from there, for good
/// (client-go `tools/cache/reflector.go`).
package final class Watch: Sendable {
    package enum Change: Sendable {
        /// All objects; what is not among them is gone.
        case listed([JSONValue])
        /// Added or modified.
        case changed(JSONValue)
        case deleted(JSONValue)
    }

    package enum State: Sendable, Equatable {
        /// The copy follows the cluster.
        case current
        /// It may be old; tried again. The status code if the server answered one.
        case failing(reason: String, code: Int?)
    }

    /// Objects of one page of a list.
    private static let pageItems = 500
    /// Seconds after which the server is asked to end a watch; a random time between.
    private static let watchSeconds = 300...600
    /// A watch that ends sooner without any event counts as a failure: milliseconds.
    private static let shortWatch = Duration.milliseconds(1000)

    private let client: KubeClient
    private let path: String
    private let fieldSelector: String?
    private let firstBackoff: Backoff
    private let changed: @Sendable (Change) -> Void
    private let stateChanged: @Sendable (State) -> Void
    private let isStopped = Atomic(false)

    /// - Parameters:
    ///   - path: of the list, such as `/apis/kubevirt.io/v1/kubevirts`.
    ///   - changed: called on the loop, in order; must not block.
    package init(
        _ client: KubeClient, path: String, fieldSelector: String? = nil, backoff: Backoff = Backoff(),
        state: @escaping @Sendable (State) -> Void, changed: @escaping @Sendable (Change) -> Void
    ) {
        self.client = client
        self.path = path
        self.fieldSelector = fieldSelector
        firstBackoff = backoff
        self.changed = changed
        stateChanged = state
    }

    /// Ends `run` after what it waits for now; closing the client ends that too.
    package func stop() { isStopped.store(true, ordering: .relaxed) }

    private var isRunning: Bool { !isStopped.load(ordering: .relaxed) }

    /// A failure and the pause that the server asks for.
    private struct Failure: Error {
        let reason: String
        var code: Int?
        var retryAfterSeconds: Int?
    }

    /// Runs until `stop()`.
    package func run(on loop: isolated EventLoop) async {
        var backoff = firstBackoff
        var isExpired = false
        // What has been seen last; any will do at first.
        var version = "0"
        while isRunning {
            // A list that starts anew after 410 must not come from a cache that is as old.
            let isFresh = isExpired
            do throws(Failure) {
                version = try await list(from: isFresh ? "" : version)
                isExpired = false
                stateChanged(.current)
                try await follow(from: &version, backoff: &backoff, on: loop)
                isExpired = true
                // Only one round may follow another without a pause (client-go's BackoffUntil pauses between all): a
                // server that answers every watch with 410 would be asked without end.
                if isFresh { throw Failure(reason: "watch \(path): the version of a list is too old", code: 410) }
            } catch {
                guard isRunning else { return }
                // A server that restores an older state has not come to a version that was seen (504).
                if error.code == 410 || error.code == 504 { isExpired = true }
                await pause(error, &backoff, on: loop)
            }
        }
    }

    private func pause(_ failure: Failure, _ backoff: inout Backoff, on loop: isolated EventLoop) async {
        stateChanged(.failing(reason: failure.reason, code: failure.code))
        let asked = Int64(min(failure.retryAfterSeconds ?? 0, client.limits.retryAfterMaxSeconds)) * 1000
        await loop.sleep(milliseconds: max(backoff.pause(), asked))
    }

    // MARK: List

    /// Answers the list's resource version.
    ///
    /// The list is not older than the one given, so that nothing seen before is undone by a server that is behind. Pages
    /// would be of just that version (client-go `tools/cache/reflector.go`), so there are none then.
    private func list(from resourceVersion: String) async throws(Failure) -> String {
        var items: [JSONValue] = []
        var token = ""
        let hasPages = resourceVersion.isEmpty || resourceVersion == "0"
        while true {
            var request = KubeRequest(
                "GET", path, query: (hasPages ? [("limit", "\(Self.pageItems)")] : []) + selector)
            // A page that goes on belongs to the version of the first.
            if token.isEmpty {
                if !resourceVersion.isEmpty { request.query.append(("resourceVersion", resourceVersion)) }
            } else {
                request.query.append(("continue", token))
            }
            let response: KubeResponse
            do throws(KubeClientError) {
                response = try await client.request(request)
            } catch {
                throw Failure(reason: "list \(path): \(error)")
            }
            guard response.status == 200, let value = try? JSONValue(parsing: response.body),
                let version = value[path: "metadata", "resourceVersion"]?.string
            else {
                throw Failure(
                    reason: "list \(path): \(StatusText.reason(response.status, response.body))",
                    code: response.status, retryAfterSeconds: response.retryAfterSeconds)
            }
            items += value["items"]?.array ?? []
            token = value[path: "metadata", "continue"]?.string ?? ""
            guard token.isEmpty else { continue }
            changed(.listed(items))
            return version
        }
    }

    private var selector: [(name: String, value: String)] { fieldSelector.map { [("fieldSelector", $0)] } ?? [] }

    // MARK: Watch

    /// Returns when the list must be read anew.
    private func follow(
        from version: inout String, backoff: inout Backoff, on loop: isolated EventLoop
    ) async throws(Failure) {
        while isRunning {
            let began = ContinuousClock.now
            var events = 0
            do throws(Failure) {
                switch try await watch(&version, &events, on: loop) {
                case .expired: return
                // That nothing happens is no failure; whether the server is still there shows when it is asked again.
                case .silent: break
                case .ended:
                    if events == 0, ContinuousClock.now - began < Self.shortWatch {
                        throw Failure(reason: "watch \(path): ended at once")
                    }
                }
            } catch {
                // The server has answered that it will not: what it was asked may be wrong by now.
                guard isRunning, error.code == nil || error.code == 429 else { throw error }
                await pause(error, &backoff, on: loop)
            }
        }
    }

    /// How a watch ends that is no failure.
    private enum End {
        case ended
        /// Nothing has come for so long that nobody may be there.
        case silent
        /// The version is too old.
        case expired
    }

    /// Reads one watch to its end.
    private func watch(
        _ version: inout String, _ events: inout Int, on loop: isolated EventLoop
    ) async throws(Failure) -> End {
        let seconds = Int.random(in: Self.watchSeconds)
        var request = KubeRequest(
            "GET", path,
            query: [
                ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", version),
                ("timeoutSeconds", "\(seconds)"),
            ] + selector)
        // Some time longer, so that the server is the one to end it.
        request.timeout = Int64(seconds) * 1000 + 30_000
        let stream: KubeStream
        do throws(KubeClientError) {
            stream = try await client.open(request, on: loop)
        } catch {
            throw Failure(reason: "watch \(path): \(error)")
        }
        defer { stream.cancel() }
        if stream.status == 410 { return .expired }
        guard stream.status == 200 else {
            throw Failure(
                reason: "watch \(path): status \(stream.status)", code: stream.status,
                retryAfterSeconds: stream.retryAfterSeconds)
        }
        stateChanged(.current)
        var frames = JSONFrames(frameBytesMax: client.limits.streamBytesMax)
        while isRunning {
            let piece: [UInt8]?
            do throws(KubeClientError) {
                piece = try await stream.next()
            } catch {
                if error.kind == .timeout { return .silent }
                throw Failure(reason: "watch \(path): \(error)")
            }
            guard let piece else { return .ended }
            let complete: [[UInt8]]
            do throws(JSONFrames.TooLong) {
                complete = try frames.append(piece)
            } catch {
                throw Failure(reason: "watch \(path): an event of more than \(client.limits.streamBytesMax) bytes")
            }
            for frame in complete {
                guard try apply(frame, &version) else { return .expired }
                events += 1
            }
        }
        return .ended
    }

    /// Answers false for an event that says the version is too old.
    private func apply(_ frame: [UInt8], _ version: inout String) throws(Failure) -> Bool {
        guard let event = try? JSONValue(parsing: frame), let type = event["type"]?.string,
            let object = event["object"]
        else { throw Failure(reason: "watch \(path): an event is not JSON", code: 0) }
        switch type {
        case "ADDED", "MODIFIED": changed(.changed(object))
        case "DELETED": changed(.deleted(object))
        case "BOOKMARK": break
        case "ERROR":
            let code = object["code"]?.int ?? 0
            if code == 410 { return false }
            throw Failure(reason: "watch \(path): \(object["message"]?.string ?? "error \(code)")", code: code)
        default: throw Failure(reason: "watch \(path): an event of type \(type)", code: 0)
        }
        if let newer = object.metadataResourceVersion, !newer.isEmpty { version = newer }
        return true
    }
}

/// The reason of an answer that is no success, for logs.
package enum StatusText {
    /// Bytes of a text that is no Status.
    private static let textBytesMax = 256

    package static func reason(_ code: Int, _ body: [UInt8]) -> String {
        if let message = (try? JSONValue(parsing: body))?["message"]?.string { return message }
        let text = String(decoding: body.prefix(textBytesMax), as: UTF8.self)
        return "status \(code)" + (text.isEmpty ? "" : ": \(text.split(whereSeparator: \.isNewline).first ?? "")")
    }
}

import HTTPWire
import Logging
import Reactor
import Synchronization
package import TLS

/// The serving certificate's context, which may be replaced while connections come in.
package final class TLSContextReference: Sendable {
    private let current: Mutex<TLSContext>

    package init(_ context: TLSContext) {
        current = Mutex(context)
    }

    package var context: TLSContext {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }
}

/// What the connections of one loop share.
///
/// Lives on the loop.
final class LoopContext {
    let selector: Selector
    let configuration: ServerConfiguration
    let handler: any HTTPHandler
    /// `nil` serves plain HTTP: for tests on loopback.
    let tls: TLSContextReference?
    let calls: SystemCalls
    let logger: Logger
    let scratch: TLSScratch
    var readBuffer = [UInt8](repeating: 0, count: 32 * 1024)
    /// TLS records on their way to a socket, during a call.
    var records: [UInt8] = []
    private(set) var connections: [ObjectIdentifier: Connection] = [:]
    private var ebb = ConnectionEbb()
    private(set) var isDraining = false
    /// Called when the last connection is gone while draining, and when there is room for another.
    var onDrained: (() -> Void)?
    var onRoom: (() -> Void)?
    private var dateSeconds: Int64 = -1
    private var dateText = ""

    init(
        selector: Selector, configuration: ServerConfiguration, handler: any HTTPHandler, tls: TLSContextReference?,
        calls: SystemCalls, logger: Logger
    ) throws(TLSError) {
        guard let scratch = TLSScratch() else { throw TLSError("start a loop", reason: "out of memory") }
        self.selector = selector
        self.configuration = configuration
        self.handler = handler
        self.tls = tls
        self.calls = calls
        self.logger = logger
        self.scratch = scratch
    }

    /// The Date field's value, made once a second.
    var date: String {
        let seconds = WallClock.seconds
        if seconds != dateSeconds {
            dateSeconds = seconds
            dateText = HTTPDate.format(seconds)
        }
        return dateText
    }

    /// One large response must not leave its size behind.
    func shrinkRecords() {
        if records.capacity > 4 * configuration.outboundBytesMax { records = [] }
    }

    func add(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = connection
        ebb.rose(to: connections.count)
    }

    func remove(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = nil
        if ebb.hasFallen(to: connections.count) { ProcessMemory.trim() }
        onRoom?()
        if isDraining, connections.isEmpty { onDrained?() }
    }

    /// Ends idle connections now and the others after their request.
    func drain() {
        isDraining = true
        for connection in connections.values { connection.drain() }
        if connections.isEmpty { onDrained?() }
    }

    /// Ends all connections at once.
    func closeAll() {
        for connection in connections.values { connection.close() }
    }
}

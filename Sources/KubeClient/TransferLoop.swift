import CCurl
import Reactor

/// The transfers of one loop: libcurl's multi interface, driven by the loop's selector (libcurl-multi(3)).
///
/// Lives on the loop until `close()`.
final class TransferLoop: ReadinessHandler {
    /// Times libcurl may ask to be called again at once in one go.
    private static let immediateTurnsMax = 32

    private var multi: UnsafeMutableRawPointer?
    private let selector: Selector
    private var sockets: [Int32: SocketWatch] = [:]
    private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
    private var timer: Selector.Token?
    private var isTimerDue = false
    private var isDriving = false
    /// Whether whoever comes next needs other connections than these, which end with their transfers.
    ///
    /// So when something got no answer in time: its connection may hang while others would not, and libcurl would go on
    /// using it. (client-go pings it instead: apimachinery `pkg/util/net/http.go`, ReadIdleTimeout.)
    private(set) var isRetired = false
    var isClosed: Bool { multi == nil }

    /// `nil` when there is no memory.
    init?(selector: Selector, limits: KubeClientLimits) {
        guard Self.isLibraryReady, let multi = curl_multi_init() else { return nil }
        self.multi = multi
        self.selector = selector
        timer = selector.registerTimer(at: Int64.max, handler: self)
        ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, limits.connectionsMax)
        ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, limits.connectionsMax)
        ccurl_multi_set_callbacks(
            multi,
            { _, socket, what, user, _ in
                guard let user else { return 0 }
                Unmanaged<TransferLoop>.fromOpaque(user).takeUnretainedValue().watch(socket, what)
                return 0
            },
            { _, milliseconds, user in
                guard let user else { return 0 }
                Unmanaged<TransferLoop>.fromOpaque(user).takeUnretainedValue().setTimer(Int64(milliseconds))
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Ends all transfers and connections.
    func close() {
        guard let multi else { return }
        self.multi = nil
        for (easy, transfer) in transfers {
            curl_multi_remove_handle(multi, easy)
            transfer.finish(CURLE_ABORTED_BY_CALLBACK)
        }
        transfers = [:]
        // Connections that end now tell of their sockets no more.
        ccurl_multi_set_callbacks(multi, nil, nil, nil)
        for watch in sockets.values { watch.leave(selector) }
        sockets = [:]
        if let timer { selector.deregister(timer) }
        curl_multi_cleanup(multi)
    }

    // MARK: Transfers

    func start(_ transfer: Transfer) {
        guard let multi, curl_multi_add_handle(multi, transfer.easy) == CURLM_OK else {
            return transfer.finish(CURLE_FAILED_INIT)
        }
        transfers[transfer.easy] = transfer
        drive()
    }

    func cancel(_ transfer: Transfer) {
        guard let multi, transfers.removeValue(forKey: transfer.easy) != nil else { return }
        curl_multi_remove_handle(multi, transfer.easy)
        transfer.finish(CURLE_ABORTED_BY_CALLBACK)
        drive()
    }

    // MARK: What libcurl asks for

    private func watch(_ socket: Int32, _ what: Int32) {
        if what == CURL_POLL_REMOVE {
            sockets.removeValue(forKey: socket)?.leave(selector)
            return
        }
        let interest = Readiness(reading: what & CURL_POLL_IN != 0, writing: what & CURL_POLL_OUT != 0)
        if let watch = sockets[socket] { return watch.setInterest(interest, selector) }
        // Without a place in the epoll set the transfer ends by its timeout.
        sockets[socket] = SocketWatch(socket, interest, owner: self, selector)
    }

    private func setTimer(_ milliseconds: Int64) {
        guard let timer else { return }
        // libcurl asks for 1 ms when it means now, which is less than a tick of the deadlines.
        isTimerDue = (0...1).contains(milliseconds)
        selector.setDeadline(milliseconds > 1 ? selector.now + milliseconds : nil, for: timer)
    }

    // MARK: The loop

    func ready(_ readiness: Readiness, on loop: isolated EventLoop) {}

    func deadlinePassed(on loop: isolated EventLoop) {
        isTimerDue = true
        drive()
    }

    fileprivate func socketReady(_ socket: Int32, _ readiness: Readiness) {
        guard let multi else { return }
        var events: Int32 = 0
        if readiness.isAny(.readable) { events |= CURL_CSELECT_IN }
        if readiness.isAny(.writable) { events |= CURL_CSELECT_OUT }
        if readiness.isAny(.failed) { events |= CURL_CSELECT_ERR }
        ccurl_multi_act(multi, socket, events)
        drive()
    }

    /// Calls libcurl while it asks for it at once, and hands out what has ended.
    private func drive() {
        guard !isDriving else { return }
        isDriving = true
        defer {
            isDriving = false
            closeIfSpent()
        }
        for _ in 0..<Self.immediateTurnsMax {
            finishDone()
            guard isTimerDue, let multi else { return }
            isTimerDue = false
            ccurl_multi_act(multi, CURL_SOCKET_BAD, 0)
        }
        finishDone()
        if isTimerDue, let timer { selector.setDeadline(selector.now, for: timer) }
    }

    /// Lets its connections go once its transfers have ended.
    func retire() {
        isRetired = true
        closeIfSpent()
    }

    private func closeIfSpent() {
        if isRetired, transfers.isEmpty { close() }
    }

    private func finishDone() {
        var code = CURLE_OK
        while let multi, let easy = ccurl_multi_next_done(multi, &code) {
            guard let transfer = transfers.removeValue(forKey: easy) else { continue }
            curl_multi_remove_handle(multi, easy)
            if code == CURLE_OPERATION_TIMEDOUT { isRetired = true }
            transfer.finish(code)
        }
    }
}

/// One socket of libcurl's on the selector.
private final class SocketWatch: ReadinessHandler {
    private let socket: Int32
    private let owner: TransferLoop
    private var token: Selector.Token?

    init?(_ socket: Int32, _ interest: Readiness, owner: TransferLoop, _ selector: Selector) {
        self.socket = socket
        self.owner = owner
        guard let token = try? selector.register(socket, interest: interest, handler: self) else { return nil }
        self.token = token
    }

    func setInterest(_ interest: Readiness, _ selector: Selector) {
        if let token { selector.setInterest(interest, for: token) }
    }

    func leave(_ selector: Selector) {
        if let token { selector.deregister(token) }
    }

    func ready(_ readiness: Readiness, on loop: isolated EventLoop) { owner.socketReady(socket, readiness) }

    func deadlinePassed(on loop: isolated EventLoop) {}
}

import Testing

@testable import TLS

@Suite struct TLSSessionTests {
    @Test(arguments: [Int.max, 1, 2, 7, 100, 1_000])
    func `shakes hands in whatever pieces the bytes come`(_ pieceBytes: Int) throws {
        let pair = try TLSPair()
        try pair.handshake(pieceBytes: pieceBytes)
        #expect(pair.server.isEstablished)
        #expect(pair.client.isEstablished)
    }

    @Test(arguments: [0, 1, 16_383, 16_384, 16_385, 100_000, 1 << 20])
    func `carries any number of bytes both ways`(_ count: Int) throws {
        let pair = try TLSPair()
        try pair.handshake()
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try pair.sendToServer(content)
        try pair.pump(pieceBytes: 9_973)
        #expect(pair.serverPlaintext == content)
        try pair.sendToClient(content)
        try pair.pump(pieceBytes: 32_768)
        #expect(pair.clientPlaintext == content)
    }

    @Test func `carries bytes that come one by one`() throws {
        let pair = try TLSPair()
        try pair.handshake()
        try pair.sendToServer(Array("hello".utf8))
        try pair.pump(pieceBytes: 1)
        #expect(pair.serverPlaintext == Array("hello".utf8))
    }

    @Test func `sends from an offset`() throws {
        let pair = try TLSPair()
        try pair.handshake()
        try pair.sendToClient(Array("hello".utf8), from: 3)
        try pair.sendToClient(Array("hello".utf8), from: 5)
        try pair.pump()
        #expect(pair.clientPlaintext == Array("lo".utf8))
    }

    @Test func `tells the end that the peer announces, after the last bytes`() throws {
        let pair = try TLSPair()
        try pair.handshake()
        try pair.sendToServer(Array("bye".utf8))
        pair.closeClient()
        try pair.pump()
        #expect(pair.serverPlaintext == Array("bye".utf8))
        #expect(pair.serverOutcome == .closedByPeer)
    }

    @Test func `still answers a peer that has announced its end`() throws {
        let pair = try TLSPair()
        try pair.handshake()
        pair.closeClient()
        try pair.pump()
        try pair.sendToClient(Array("answer".utf8))
        pair.closeServer()
        try pair.pump()
        #expect(pair.clientPlaintext == Array("answer".utf8))
        #expect(pair.clientOutcome == .closedByPeer)
    }

    @Test func `many sessions share one scratch without mixing their bytes`() throws {
        let pairs = try (0..<8).map { _ in try TLSPair() }
        for pair in pairs { try pair.handshake(pieceBytes: 64) }
        for (index, pair) in pairs.enumerated() {
            try pair.sendToServer([UInt8](repeating: UInt8(index), count: 20_000))
        }
        for pair in pairs { try pair.pump() }
        for (index, pair) in pairs.enumerated() {
            #expect(pair.serverPlaintext == [UInt8](repeating: UInt8(index), count: 20_000))
        }
    }

    @Test func `refuses to send before the handshake is done`() throws {
        let pair = try TLSPair()
        #expect(throws: TLSError.self) { try pair.sendToClient([1]) }
    }

    @Test(arguments: [
        Array("GET / HTTP/1.1\r\nHost: t\r\n\r\n".utf8), [UInt8](repeating: 0, count: 64),
        [0x16, 0x03, 0x01, 0x00, 0x04, 0x63, 0x00, 0x00, 0x00], [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28],
        [0x17, 0x03, 0x03, 0x00, 0x01, 0x00],
    ])
    func `refuses what is no ClientHello`(_ bytes: [UInt8]) throws {
        let scratch = try #require(TLSScratch())
        let session = try TLSSession(serverOf: Fixture.serverContext(), scratch: scratch)
        var plaintext: [UInt8] = []
        var output: [UInt8] = []
        #expect(throws: TLSError.self) {
            try session.receive(bytes, count: bytes.count, plaintext: &plaintext, output: &output)
        }
        #expect(plaintext.isEmpty)
        #expect(!session.isEstablished)
        // A session that failed stays so.
        #expect(throws: TLSError.self) {
            try session.receive(bytes, count: bytes.count, plaintext: &plaintext, output: &output)
        }
    }

    @Test func `sends an alert for a handshake message that does not belong there`() throws {
        let scratch = try #require(TLSScratch())
        let session = try TLSSession(serverOf: Fixture.serverContext(), scratch: scratch)
        var plaintext: [UInt8] = []
        var output: [UInt8] = []
        // A record of type handshake with a message of type 99.
        let bytes: [UInt8] = [0x16, 0x03, 0x01, 0x00, 0x04, 0x63, 0x00, 0x00, 0x00]
        _ = try? session.receive(bytes, count: bytes.count, plaintext: &plaintext, output: &output)
        // Content type alert(21), level fatal(2), unexpected_message(10): RFC 8446 §6.
        #expect(output.first == 21)
        #expect(output.suffix(2) == [2, 10])
    }

    @Test func `refuses a record that was changed on its way`() throws {
        let pair = try TLSPair()
        try pair.handshake()
        try pair.sendToServer(Array("hello".utf8))
        pair.damageToServer(at: 8)
        #expect(throws: TLSError.self) { try pair.pump() }
        #expect(pair.serverPlaintext.isEmpty)
        // Announcing an end on a failed session would break OpenSSL's rules.
        pair.closeServer()
        #expect(throws: TLSError.self) { try pair.sendToClient([1]) }
    }

    @Test func `one session's failure does not reach another`() throws {
        let broken = try TLSPair()
        let sound = try TLSPair()
        try broken.handshake()
        try sound.handshake()
        try broken.sendToServer([1])
        broken.damageToServer(at: 6)
        #expect(throws: TLSError.self) { try broken.pump() }
        try sound.sendToServer([2])
        try sound.pump()
        #expect(sound.serverPlaintext == [2])
    }

    @Test func `bears key updates up to the limit, and data between them starts the count again`() throws {
        let pair = try TLSPair()
        try pair.handshake()
        for round in 0..<2 {
            for _ in 0..<TLSLimits.keyUpdatesMax {
                pair.updateClientKeys()
                try pair.pump()
            }
            try pair.sendToServer([UInt8(round)])
            try pair.pump()
        }
        #expect(pair.serverPlaintext == [0, 1])
    }

    @Test func `ends a session for one key update too many`() throws {
        let pair = try TLSPair()
        try pair.handshake()
        for _ in 0..<TLSLimits.keyUpdatesMax {
            pair.updateClientKeys()
            try pair.pump()
        }
        pair.updateClientKeys()
        #expect(throws: TLSError.self) { try pair.pump() }
    }

    @Test func `ends a handshake that is larger than its limit`() throws {
        let pair = try TLSPair()
        // A ClientHello that never ends: handshake records of 16 KiB, as one message of 1 MiB.
        let record: [UInt8] = [22, 3, 1, 0x40, 0] + [1, 0x10, 0, 0] + [UInt8](repeating: 0, count: 0x4000 - 4)
        var plaintext: [UInt8] = []
        var output: [UInt8] = []
        #expect(throws: TLSError.self) {
            for _ in 0..<5 {
                _ = try pair.server.receive(record, count: record.count, plaintext: &plaintext, output: &output)
            }
        }
    }
}

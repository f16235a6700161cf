import Testing

@testable import HTTPServer

@Suite struct RequestBodyTests {
    @Test(arguments: [(3, true), (4, false)])
    func `content that nobody has asked for is held up to a limit`(_ bytes: Int, _ wantsContent: Bool) {
        var configuration = ServerConfiguration()
        configuration.inboundBytesMax = 4
        let body = RequestBody(isComplete: false, expectedBytes: nil, configuration: configuration)
        #expect(body.receive([UInt8](repeating: 0x78, count: bytes), bytes: bytes) == 0)
        #expect(body.wantsContent == wantsContent)
    }
}

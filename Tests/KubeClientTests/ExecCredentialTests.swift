import Testing

@testable import KubeClient

@Suite struct ExecCredentialTests {
    @Test(arguments: ["2023-11-14T22:13:20Z", "2023-11-14T22:13:20.5Z", "2023-11-14T23:13:20+01:00"])
    func `reads the end of a credential in each form of RFC 3339`(end: String) throws {
        let text = #"""
            {"apiVersion":"v1","kind":"ExecCredential","status":{"token":"t","expirationTimestamp":"\#(end)"}}
            """#
        #expect(try ExecCredential(Array(text.utf8), apiVersion: "v1").expiry == 1_700_000_000)
    }
}

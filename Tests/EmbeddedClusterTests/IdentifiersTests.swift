import KubeModel
import Testing

@testable import EmbeddedCluster

struct IdentifiersTests {
    @Test(arguments: [
        (UInt64.min, "00000000-0000-4000-8000-000000000000"), (.max, "ffffffff-ffff-4fff-bfff-ffffffffffff"),
    ]) func `uids are version 4`(random: UInt64, uid: String) {
        #expect(Identifiers { random }.uid() == uid)
    }

    @Test(arguments: [
        (58, 63), (59, 63), (0, 5),
    ]) func `a generated name is at most a label long`(prefix: Int, length: Int) {
        let name = Identifiers { .max }.name(prefix: String(repeating: "x", count: prefix))
        #expect(name.utf8.count == length)
        #expect(DNS1123.isLabel(name))
    }
}

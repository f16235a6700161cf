import KubeModel
import Testing

/// Mutated texts: each is refused or gives a value that survives being written and read.
@Suite struct JSONFuzzTests {
    private static let seeds = [
        #"{"apiVersion":"kubevirt.io/v1","spec":{"networks":[{"name":"default","pod":{}}],"n":[1.0,-2e+5,0]}}"#,
        #"["\"\\\/\b\f\n\r\té\u00e9\ud834\udd1e\ud834",{"a":{"a":[true,false,null]}},18446744073709551615]"#,
        "apiVersion: v1\nspec:\n- name: 'x'\n  \"y\": |\n    text\n- {a: [1, ~], b: 0x10}\n--- \nb\n",
    ]
    private static let grist = Array(#"{}[]:,"\u0eE+-.109tfn /'&*!|>?-#%@~_"#.utf8) + [0x0A, 0x00, 0x80, 0xC3, 0xFF]

    private static func mutated(_ seed: String, _ random: inout SplitMix64) -> [UInt8] {
        var bytes = Array(seed.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            let octet = grist[Int.random(in: 0..<grist.count, using: &random)]
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[index] = octet
            case 1: bytes.insert(octet, at: index)
            case 2: bytes.remove(at: index)
            default: bytes.insert(contentsOf: bytes[index...].prefix(8), at: index)
            }
        }
        return bytes
    }

    @Test func `JSON is refused or survives`() throws {
        var random = SplitMix64(state: 1)
        var accepted = 0
        for iteration in 0..<6_000 {
            let bytes = Self.mutated(Self.seeds[iteration % 2], &random)
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            accepted += 1
            #expect(try JSONValue(parsing: value.serialized()) == value)
            #expect(try JSONValue(parsing: value.prettyPrinted()) == value)
        }
        // The mutations reach both ends.
        #expect((500..<5_500).contains(accepted))
    }

    @Test func `YAML is refused or survives as JSON`() throws {
        var random = SplitMix64(state: 2)
        var accepted = 0
        for iteration in 0..<1_500 {
            let bytes = Self.mutated(Self.seeds[iteration % 3], &random)
            guard let value = try? JSONValue(yaml: bytes) else { continue }
            accepted += 1
            #expect(try JSONValue(parsing: value.serialized()) == value)
        }
        #expect((100..<1_400).contains(accepted))
    }
}

/// Vigna's splitmix64: small, and the same on every run.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

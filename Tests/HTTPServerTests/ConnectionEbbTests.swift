import Testing

@testable import HTTPServer

@Suite struct ConnectionEbbTests {
    /// The counts at which memory is given back while all connections end.
    private func ebbs(from peak: Int) -> [Int] {
        var ebb = ConnectionEbb()
        for count in 1...peak { ebb.rose(to: count) }
        return (0..<peak).reversed().filter { ebb.hasFallen(to: $0) }
    }

    @Test(arguments: [(255, []), (256, [64]), (2_000, [500, 125]), (5_000, [1_250, 312, 78])])
    func `memory is given back at each quarter of many connections`(_ peak: Int, _ expected: [Int]) {
        #expect(ebbs(from: peak) == expected)
    }

    @Test func `connections that come and go give nothing back`() {
        var ebb = ConnectionEbb()
        for count in 1...1_000 { ebb.rose(to: count) }
        for _ in 0..<10 {
            let hasFallen = ebb.hasFallen(to: 600)
            #expect(!hasFallen)
            ebb.rose(to: 1_000)
        }
    }
}

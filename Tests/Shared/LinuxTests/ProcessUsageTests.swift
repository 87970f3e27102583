import Linux
import Testing

@Suite struct ProcessUsageTests {
    @Test func readsTheKernelsLine() throws {
        let line =
            "42 (odd ) name) S 1 42 42 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 3 0 99 5000000 1000 18446744073709551615 1"
        let usage = try #require(ProcessUsage(stat: line, descriptors: 7, ticks: 100, pageSize: 4096))
        #expect(usage.cpu == .seconds(2))
        #expect(usage.residentMemory == 4_096_000)
        #expect(usage.openDescriptors == 7)
    }

    @Test(arguments: ["", "42 (x", "42 (x) S 1", "42 (x) S a b c d e f g h i j k l m n o p q r s t u"])
    func noLine(_ line: String) {
        #expect(ProcessUsage(stat: line, descriptors: 0, ticks: 100, pageSize: 4096) == nil)
    }

    @Test func thisProcessUsesSomething() throws {
        let usage = try #require(ProcessUsage.current())
        #expect(usage.residentMemory > 1_000_000)
        #expect(usage.openDescriptors > 2)
    }
}

import Linux
import Testing

@Suite struct ProcessorWaitTests {
    private static func wait(_ threads: [String: (schedule: String, state: String)]) throws -> ProcessorWait {
        try #require(ProcessorWait(threads.mapValues { ($0.schedule, "7 (a) b) \($0.state) 1 2 3\n") }))
    }

    /// Each waits for what another has waited for.
    @Test func waitsOfThreadsFollowOneAnother() throws {
        let before = try Self.wait(["7": ("100 2000 3\n", "S"), "8": ("100 5000 3\n", "R")])
        let after = try Self.wait(["7": ("100 9000 4\n", "S"), "8": ("100 6000 4\n", "R")])
        #expect(after.waited(since: before, of: .seconds(1)) == .nanoseconds(8000))
        #expect(after.waited(since: before, of: .nanoseconds(7500)) == .nanoseconds(7500))
        #expect(after.waited(since: before, of: .zero) == .zero)
    }

    /// The kernel counts a wait once it is over.
    @Test func oneThatHasNotRunAtAllHasWaitedAllTheTime() throws {
        let before = try Self.wait(["7": ("100 2000 3", "R")])
        #expect(before.waited(since: before, of: .seconds(1)) == .seconds(1))
        let asleep = try Self.wait(["7": ("100 2000 3", "S")])
        #expect(asleep.waited(since: before, of: .seconds(1)) == .zero)
        #expect(before.waited(since: asleep, of: .seconds(1)) == .zero)
        let later = try Self.wait(["7": ("200 2000 4", "R")])
        #expect(later.waited(since: before, of: .seconds(1)) == .zero)
    }

    /// A number may be given out again, and a thread that began meanwhile has waited only since.
    @Test func threadsComeAndGo() throws {
        let before = try Self.wait(["7": ("100 2000 3", "S"), "8": ("100 5000 3", "S")])
        let after = try Self.wait(["8": ("1 10 1", "S"), "9": ("100 300 1", "S")])
        #expect(after.waited(since: before, of: .seconds(1)) == .nanoseconds(300))
    }

    @Test(arguments: ["", "12", "1 2", "a b c", "1 -5 3", "1 99999999999999999999 3"])
    func otherTextIsNotCounted(text: String) {
        #expect(ProcessorWait(["7": (text, "7 (a) R 1")]) == nil)
    }

    @Test func nothingOverflows() throws {
        let before = try Self.wait(["7": ("0 0 0", "S"), "8": ("0 0 0", "S")])
        let after = try Self.wait(["7": ("0 \(UInt64.max) 1", "S"), "8": ("0 \(UInt64.max) 1", "")])
        #expect(after.waited(since: before, of: .seconds(3)) == .seconds(3))
    }

    @Test func processesAreRead() {
        #expect(ProcessorWait(of: ProcessTree.own) != nil)
        #expect(ProcessorWait(of: -1) == nil)
    }
}

import Libav
import Synchronization
import Testing

/// In processes of their own: the log is one for the whole process, and other tests make libav speak.
@Suite("libav's own log")
struct LibavLogTests {
    @Test("Lines reach the sink, cut to what a log line may have")
    func route() async {
        await #expect(processExitsWith: .success) {
            let lines = Mutex<[LibavLog.Line]>([])
            LibavLog.install(level: .warning) { line in lines.withLock { $0.append(line) } }
            LibavLog.say("the first\n", level: .error)
            LibavLog.say("not wanted", level: .info)
            LibavLog.say(String(repeating: "x", count: 2000))
            let seen = lines.withLock { $0 }
            #expect(seen.map(\.level) == [.error, .warning])
            #expect(seen.first?.text == "the first")
            #expect(seen.first?.component == "libav")
            #expect(seen.last?.text.count == 511)
            #expect(LibavLog.counts.errors == 1)
            #expect(LibavLog.counts.warnings == 1)
        }
    }

    @Test("A flood is counted, not handed on, from any thread")
    func limit() async {
        await #expect(processExitsWith: .success) {
            let now = Mutex(Duration.zero)
            let lines = Mutex<[LibavLog.Line]>([])
            LibavLog.install(perSecond: 5, clock: { now.withLock { $0 } }) { line in
                lines.withLock { $0.append(line) }
            }
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for number in 0..<100 { LibavLog.say("\(task) \(number)") }
                    }
                }
            }
            #expect(lines.withLock { $0.count } == 5)
            #expect(LibavLog.counts.suppressed == 795)
            now.withLock { $0 = .seconds(1) }
            LibavLog.say("later")
            #expect(lines.withLock { $0.last?.suppressed } == 795)
            #expect(lines.withLock { $0.last?.text } == "later")
        }
    }
}

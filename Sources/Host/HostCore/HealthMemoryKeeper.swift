package import Contract
package import Events
internal import FoundationEssentials
package import Health
internal import Linux
package import Logging
internal import Supervisor
internal import Synchronization

/// Keeps what is known of streams in a file of the state directory, for the host's next life. No stream depends on it: where
/// the file cannot be written or read, the log says so and everything else goes on.
package final class HealthMemoryKeeper: Sendable {
    private struct State {
        var written: HealthMemory?
        var isWriting = false
        var isOver = false
        var isFailing = false
        /// After a failure it is tried again then.
        var retryAt: Instant?
    }

    /// The name within the state directory.
    package static let name = "health.json"

    /// Bytes of the file that are read; what is written is bounded to less.
    private static let limit = 8 << 20

    /// Where nothing changes, it is written all the same, because its age counts; µs.
    private static let refresh: Int64 = 60_000_000
    private static let retryPause = Duration.seconds(10)

    private let path: String
    private let events: EventLog
    private let log: Logger
    private let state = Mutex(State())
    /// Held while the file is written: of when what was written is.
    private let writing = Mutex<Instant?>(nil)

    /// - Parameters:
    ///   - directory: The state directory.
    ///   - events: Where a file that cannot be read is told of.
    ///   - log: The same, and of one that cannot be written.
    package init(in directory: String, events: EventLog, log: Logger) {
        self.path = "\(directory)/\(Self.name)"
        self.events = events
        self.log = log
    }

    /// What the last host knew; nil where there is no file, or none that can be read: that is moved aside.
    package func load() -> HealthMemory? {
        guard let kind = SmallFile.kind(of: self.path, following: false) else { return nil }
        guard kind.isFile else { return self.moveAside("it is no file") }
        do {
            let bytes = try SmallFile.bytes(of: self.path, limit: Self.limit)
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let version = try decoder.decode(Version.self, from: Data(bytes)).version
            guard version == HealthMemory.version else {
                return self.moveAside("another version of Transponder has written it")
            }
            return try decoder.decode(HealthMemory.self, from: Data(bytes))
        } catch let error as LinuxError {
            return self.moveAside("it cannot be read: \(error.reason)")
        } catch {
            return self.moveAside("it is damaged")
        }
    }

    private struct Version: Decodable {
        var version: Int
    }

    private func moveAside(_ cause: String) -> HealthMemory? {
        let other = self.path + ".broken"
        let isMoved = (try? SmallFile.rename(self.path, to: other)) != nil
        let sentence =
            "What the last host knew of its streams is not known any more: \(self.path) is left out because \(cause)"
            + "\(isMoved ? "; it is now \(other)" : "")."
        self.log.warning("\(sentence)")
        let event = HostEvent(kind: .host, level: .warning, sentence: sentence, code: HostEvent.Code.forgotten)
        self.events.append(event, unix: EventTime.now())
        return nil
    }

    /// To be called about once a second: it is written on a thread of its own, when it says something else than before.
    package func note(_ memory: HealthMemory, now: Instant) {
        let isDue = self.state.withLock { state in
            guard !state.isOver, !state.isWriting, state.retryAt.map({ $0 <= now }) ?? true,
                Self.isDue(memory, after: state.written)
            else { return false }
            state.isWriting = true
            return true
        }
        guard isDue else { return }
        Task {
            await WorkerThread.value(named: "health-memory") { () -> Void in self.write(memory, now: now) }
        }
    }

    /// Writes it for the last time; nothing is written after that.
    package func finish(_ memory: HealthMemory?) async {
        self.state.withLock { $0.isOver = true }
        guard let memory else { return }
        await WorkerThread.value(named: "health-memory") { () -> Void in self.write(memory, now: .monotonic()) }
    }

    private static func isDue(_ memory: HealthMemory, after written: HealthMemory?) -> Bool {
        guard let written else { return true }
        if memory.differs(from: written) { return true }
        guard !memory.isEmpty else { return false }
        let (passed, overflow) = memory.savedAt.subtractingReportingOverflow(written.savedAt)
        // The clock may have been set back.
        return overflow || passed < 0 || passed >= self.refresh
    }

    private func write(_ memory: HealthMemory, now: Instant) {
        var problem: String?
        self.writing.withLock { last in
            // An earlier state that comes late is left out.
            guard last.map({ $0 <= now }) ?? true else { return }
            last = now
            let draft = self.path + ".new"
            do {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                encoder.keyEncodingStrategy = .convertToSnakeCase
                try SmallFile.write(Array(encoder.encode(memory)), to: draft)
                try SmallFile.rename(draft, to: self.path)
            } catch {
                problem = (error as? LinuxError)?.reason ?? "\(error)"
                try? SmallFile.remove(draft)
            }
        }
        let isNews = self.state.withLock { state in
            defer { state.isFailing = problem != nil }
            state.isWriting = false
            state.retryAt = problem == nil ? nil : now + Self.retryPause
            if problem == nil { state.written = memory }
            return problem != nil && !state.isFailing
        }
        guard isNews, let problem else { return }
        self.log.error(
            "what is known of streams cannot be written down; a host that starts again will not know it",
            metadata: ["file": "\(self.path)", "reason": "\(problem)"]
        )
    }
}

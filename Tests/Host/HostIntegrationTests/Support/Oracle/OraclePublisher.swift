import Foundation
import NIOCore
import StreamToolkit
import Synchronization
import Toolkit
import Wire

/// An encoder that calls once, and knows each byte that it has sent.
final class OraclePublisher: Sendable {
    private struct State: Sendable {
        var isOver = false
        var last: ContinuousClock.Instant?
        var longestPause = Duration.zero
        var trouble: String?
    }

    let sent = SentUnits()
    private let publisher: TestPublisher
    private let state = Mutex(State())

    private init(_ publisher: TestPublisher) {
        self.publisher = publisher
    }

    deinit {
        self.publisher.hangUp()
    }

    /// On air once it returns.
    static func start(_ host: HostUnderTest, _ relay: String, seed: UInt64) async throws -> OraclePublisher {
        let publisher = try TestPublisher(
            server: host.addresses["rtmp"] ?? "",
            app: relay,
            stream: "main?key=\(HostUnderTest.key)"
        )
        if let refusal = try await publisher.refusal() { throw refusal }
        let one = OraclePublisher(publisher)
        let source = NumberedSource(seed: seed)
        try publisher.send(source.prelude)
        // Not one of the threads that tests share: it shall be late only where the machine is.
        let thread = Thread { [weak one] in
            var source = source
            let began = ContinuousClock.now
            while true {
                let tag = source.next()
                let due = began + .milliseconds(Int64(tag.timestamp))
                let wait = (due - .now) / Duration.seconds(1)
                if wait > 0 { Thread.sleep(forTimeInterval: wait) }
                guard let one, one.send(tag) else { return }
            }
        }
        thread.name = "publisher"
        thread.start()
        return one
    }

    /// False where it is over.
    private func send(_ tag: FLVTag) -> Bool {
        let body = tag.body.readableBytesView
        // Before the first viewer can have it.
        if let unit = AccessUnit(tag: tag.kind.rawValue, time: tag.timestamp, body: body) { self.sent.append(unit) }
        var trouble: String?
        do {
            try self.publisher.send([tag])
        } catch {
            trouble = "\(error)"
        }
        return self.state.withLock { state in
            let now = ContinuousClock.now
            if let last = state.last { state.longestPause = max(state.longestPause, now - last) }
            state.last = now
            state.trouble = trouble
            return trouble == nil && !state.isOver
        }
    }

    func stop() { self.state.withLock { $0.isOver = true } }

    /// What is wrong with its only connection.
    var trouble: String? {
        let seen = self.publisher.seen.state
        if let trouble = self.state.withLock({ $0.trouble }) { return trouble }
        if let failure = seen.failure { return "\(failure)" }
        return self.publisher.isEstablished && !seen.isClosed ? nil : "its connection was ended"
    }

    /// From one unit to the next, as the machine let it send.
    var longestPause: Duration { self.state.withLock { $0.longestPause } }
}

internal import Contract
internal import Dispatch
internal import Events
internal import Linux
internal import Logging
internal import Synchronization

/// One receiver, on a thread of its own: whoever hangs keeps nobody else.
final class AlertReceiver: Sendable {
    private struct State {
        var outbox: Outbox
        var spec: AlertsSpec
        var isStopping = false
        var sent: UInt64 = 0
        var failed: UInt64 = 0
        var trouble: String?
        var isUnsaved = false
    }

    let spec: AlertReceiverSpec
    private let carrier: any AlertCarrier
    private let spool: AlertSpool
    private let events: EventLog
    private let log: Logger
    private let clock: @Sendable () -> AlertClock
    private let wake = DispatchSemaphore(value: 0)
    private let state: Mutex<State>

    init(
        _ spec: AlertReceiverSpec,
        _ all: AlertsSpec,
        carrier: any AlertCarrier,
        spool: AlertSpool,
        events: EventLog,
        log: Logger,
        clock: @escaping @Sendable () -> AlertClock
    ) {
        self.spec = spec
        self.carrier = carrier
        self.spool = spool
        self.events = events
        self.log = log
        self.clock = clock
        self.state = Mutex(State(outbox: spool.load(Outbox.self, Self.file(spec.name)) ?? Outbox(), spec: all))
    }

    private static func file(_ name: String) -> String { "to-\(name)" }

    /// What could not be written down is written after so long, whether it changes or not.
    private static let savePause = DispatchTimeInterval.seconds(5)

    func start() throws(LinuxError) { _ = try WorkerThread(name: "alert") { [self] in self.run() } }

    /// Does not wait: what is in hand is sent, or is in the spool.
    func stop() {
        self.state.withLock { $0.isStopping = true }
        self.wake.signal()
    }

    func forget() { self.spool.remove(Self.file(self.spec.name)) }

    func use(_ spec: AlertsSpec) {
        self.state.withLock { $0.spec = spec }
        self.wake.signal()
    }

    func take(_ alerts: [Alert]) {
        let clock = self.clock()
        self.change { $0.outbox.take(alerts, clock, $0.spec) }
        self.wake.signal()
    }

    /// Sends one at once, whatever waits; for a thread that may block.
    func test() -> AlertOutcome {
        let unix = self.clock().unix
        let message = self.state.withLock { $0.outbox.take(test: unix) }
        return self.carrier.send(message)
    }

    var snapshot: AlertsSnapshot.Receiver {
        self.state.withLock { state in
            AlertsSnapshot.Receiver(
                name: self.spec.name,
                kind: self.spec.kind,
                sent: state.sent,
                failed: state.failed,
                leftOut: state.outbox.totalLeftOut,
                waiting: state.outbox.waiting,
                trouble: state.trouble
            )
        }
    }

    private func run() {
        while !self.state.withLock({ $0.isStopping }) {
            let clock = self.clock()
            switch self.change({ $0.outbox.next(clock, $0.spec) }) {
            case .send(let message): self.send(message)
            case .wait(let pause): _ = self.wake.wait(timeout: .now() + .nanoseconds(Int(clamping: pause.nanoseconds)))
            case .rest where self.state.withLock({ $0.isUnsaved }): _ = self.wake.wait(timeout: .now() + Self.savePause)
            case .rest: self.wake.wait()
            }
        }
    }

    private func send(_ message: AlertMessage) {
        let outcome = self.carrier.send(message)
        let clock = self.clock()
        let news = self.change { state -> HostEvent? in
            let before = state.trouble
            switch outcome {
            case .delivered:
                state.outbox.sent(message.id)
                state.sent &+= 1
                state.trouble = nil
                let again = before == nil ? "" : " It can be reached again."
                return self.event(.good, "'\(self.spec.name)' was told: \(message.title)\(again)", "sent")
            case .failed(let reason):
                state.outbox.failed(clock, chance: .random(in: 0..<1))
                state.failed &+= 1
                let sentence = "'\(self.spec.name)' cannot be told: \(AlertCarriers.short(reason))."
                state.trouble = sentence
                return before == nil ? self.event(.warning, sentence + " It is tried again.", "failed") : nil
            }
        }
        guard let news else { return }
        self.log.log(
            level: news.level == .good ? .info : .warning,
            "alert",
            metadata: ["receiver": "\(self.spec.name)", "sentence": "\(news.sentence)"]
        )
        self.events.append(news, unix: clock.unix)
    }

    private func event(_ level: HostEvent.Level, _ sentence: String, _ code: String) -> HostEvent {
        HostEvent(kind: .alert, level: level, sentence: sentence, code: code, actor: self.spec.name)
    }

    /// What has changed is written down before anything is done about it.
    private func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        let (value, outbox, isChanged) = self.state.withLock { state in
            let before = state.outbox
            let value = body(&state)
            return (value, state.outbox, state.isUnsaved || state.outbox != before)
        }
        guard isChanged else { return value }
        do throws(LinuxError) {
            try self.spool.save(outbox, Self.file(self.spec.name))
            self.state.withLock { $0.isUnsaved = false }
        } catch {
            let isNews = self.state.withLock { state in
                defer { state.isUnsaved = true }
                return !state.isUnsaved
            }
            if isNews {
                let reason = error.isFull ? "no space left on \(self.spool.directory)" : error.reason
                self.log.warning("alerts cannot be kept over a restart", metadata: ["reason": "\(reason)"])
            }
        }
        return value
    }
}

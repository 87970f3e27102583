import Admission
import Contract
import Dispatch
import Linux
import Logging
import Media
import SRT
import Sessions
import Sockets
import Streams
import Synchronization

/// A connection that the configuration has the relay make, and make again for as long as it is named: to fetch a stream,
/// or to push one.
final class SRTCaller: Sendable {
    enum Purpose: Equatable, Sendable {
        case fetch(StreamName, SRTCallSpec)
        case push(StreamName, PushSpec)
    }

    private struct State {
        /// What is to be closed when the line ends.
        var socket: SRTSocket?
        var isEnded = false
        /// Calls that failed one after the other.
        var failures = 0
        var lastSaid: String?
        var history = LineHistory()
    }

    /// What has come of the calls so far.
    private struct LineHistory {
        var sendingSince: Int64?
        var trouble: DestinationTrouble?
        var failures: UInt64 = 0
        /// Who is sent to now, and bytes that those before were sent.
        var viewer: SRTViewer?
        var sent: UInt64 = 0

        var bytes: UInt64 { self.sent &+ (self.viewer?.bytes ?? 0) }

        mutating func begin(at now: Int64) {
            self.sendingSince = now
            self.trouble = nil
        }

        mutating func end() {
            self.sent = self.bytes
            (self.viewer, self.sendingSince, self.trouble) = (nil, nil, .disconnected)
        }
    }

    let purpose: Purpose
    private let services: RelayServices
    private let receiver: SRTReceiver
    private let delivery: SRTDelivery
    private let log: Logger
    private let state = Mutex(State())
    /// What the thread, which is its own, sleeps on: the line has ended, or is not wanted any more.
    private let news = DispatchSemaphore(value: 0)
    private let thread = Mutex<WorkerThread?>(nil)

    /// Pauses between calls that fail: the first, and the longest. Who is there again is to be sent to within ten seconds, of which
    /// a call that nobody answers may take three.
    private static let pause = Duration.milliseconds(500)
    private static let longestPause = Duration.seconds(4)
    /// How long sockets may take to come.
    private static let loanTime = DispatchTimeInterval.seconds(30)

    /// - Parameters:
    ///   - purpose: What it fetches or sends.
    ///   - services: What all of the relay share.
    ///   - receiver: Takes what the peer sends.
    ///   - delivery: Sends to the peer.
    ///   - former: Lines that have been told to end, and that may hold what this one needs: it begins when they are over.
    /// - Throws: Where the process has no thread left.
    init(
        _ purpose: Purpose,
        services: RelayServices,
        receiver: SRTReceiver,
        delivery: SRTDelivery,
        after former: [SRTCaller]
    ) throws(LinuxError) {
        self.purpose = purpose
        self.services = services
        self.receiver = receiver
        self.delivery = delivery
        var log = services.log
        log[metadataKey: "stream"] = "\(purpose.stream)"
        log[metadataKey: "peer"] = "\(purpose.address)"
        self.log = log
        let made = try WorkerThread(name: "srt-line") { [self] in
            for line in former { line.thread.withLock { $0 }?.join() }
            while self.round() {}
        }
        self.thread.withLock { $0 = made }
    }

    /// Has it end.
    func end() {
        let socket = self.state.withLock { state in
            state.isEnded = true
            return state.socket.take()
        }
        socket?.close()
        self.news.signal()
    }

    /// Returns once nothing of it is left, after ``end()``.
    func ended() async {
        await self.thread.withLock { $0 }?.ended()
    }

    private var isEnded: Bool { self.state.withLock { $0.isEnded } }

    /// One call, and what comes of it until it is over.
    ///
    /// - Returns: whether there is to be another.
    private func round() -> Bool {
        guard !self.isEnded else { return false }
        do {
            let socket = try self.call()
            guard self.hold(socket) else { return false }
            try self.use(socket)
            self.noteSuccess()
            self.news.wait()
            self.state.withLock { $0.history.end() }
        } catch {
            self.noteFailure("\(error)", DestinationTrouble(error))
        }
        let last = self.state.withLock { $0.socket.take() }
        last?.close()
        guard !self.isEnded else { return false }
        let failures = self.state.withLock { $0.failures }
        let pause = min(Self.pause * (1 << min(failures, 5)), Self.longestPause)
        _ = self.news.wait(timeout: .now() + .microseconds(Int(pause.microseconds)))
        return !self.isEnded
    }

    /// False where the line was ended meanwhile.
    private func hold(_ socket: SRTSocket) -> Bool {
        self.state.withLock { state in
            guard !state.isEnded else { return false }
            state.socket = socket
            return true
        }
    }

    private func call() throws -> SRTSocket {
        let loan = try self.borrow().get()
        guard let destination = loan.destination, let descriptor = loan.sockets.first?.take() else {
            throw DatagramRefusal(sentence: "There is no socket to call with.")
        }
        var settings = SRTSettings()
        settings.latency = self.purpose.latency ?? self.services.spec.srt.latency
        settings.passphrase = self.purpose.passphrase?.revealed
        settings.streamID = self.purpose.streamID?.revealed
        let socket = try SRTSocket.make(settings)
        try socket.bind(taking: descriptor)
        guard self.hold(socket) else { throw DatagramRefusal(sentence: "The line is not wanted any more.") }
        try socket.connect(to: destination)
        return socket
    }

    private func borrow() -> Result<DatagramLoan, DatagramRefusal> {
        let answer = Answer()
        self.services.ports.lend(self.purpose.request) { result in answer.give(result) }
        return answer.await(Self.loanTime)
            ?? .failure(DatagramRefusal(sentence: "No UDP socket has come from the host."))
    }

    private func use(_ socket: SRTSocket) throws {
        let now = SystemClock.now
        switch self.purpose {
        case .fetch(let stream, let spec):
            let publisher = SRTPublisher(socket: socket, stream: stream, peer: "\(spec.call)", log: self.log) {
                [news] in news.signal()
            }
            let request = PublishRequest(stream: .success(stream), key: nil, isAuthenticated: true, isDeclared: true)
            let admission = PublisherAdmission(
                self.services.admission,
                kind: .srt,
                clock: .unbounded,
                peer: "\(spec.call)",
                log: self.log
            )
            try publisher.begin(request, admission)
            do {
                try self.receiver.follow(publisher)
            } catch {
                publisher.close(now: now)
                throw error
            }
        case .push(let name, _):
            let stream = try self.services.admission.hub.streamToPlay(name, now: now)
            let lease = try self.services.admission.lease(.ts, of: stream, now: now)
            let viewer = SRTViewer(socket: socket, lease: lease, now: now.monotonic) { [news] _, _ in news.signal() }
            self.state.withLock { $0.history.viewer = viewer }
            self.delivery.add(viewer)
        }
    }

    // MARK: Figures

    /// How it stands with where it sends to; nil of one that fetches.
    var destination: DestinationSnapshot? {
        guard case .push(let stream, let push) = self.purpose else { return nil }
        return self.state.withLock { state in
            DestinationSnapshot(
                stream: stream,
                name: push.name,
                address: "\(push.to)",
                sendingSince: state.history.sendingSince.map { Instant(microseconds: $0) },
                trouble: state.history.trouble,
                failures: state.history.failures,
                bytes: state.history.bytes
            )
        }.examined(self.services.admission.hub.existing(stream), .ts)
    }

    // MARK: Log

    private func noteSuccess() {
        let now = SystemClock.now.monotonic
        self.state.withLock { state in
            (state.failures, state.lastSaid) = (0, nil)
            state.history.begin(at: now)
        }
        self.log.info("SRT line is up")
    }

    /// Said once until it changes: a listener may be away for days.
    private func noteFailure(_ sentence: String, _ trouble: DestinationTrouble) {
        let isNew = self.state.withLock { state in
            state.failures += 1
            state.history.failures &+= 1
            state.history.trouble = trouble
            defer { state.lastSaid = sentence }
            return state.lastSaid != sentence
        }
        if isNew { self.log.warning("SRT line cannot be made", metadata: ["cause": "\(sentence)"]) }
    }
}

extension DestinationTrouble {
    /// What an error in making a line means for who is to be sent to.
    fileprivate init(_ error: any Error) {
        switch error {
        case let denial as PlayDenial: self.init(denial)
        case let failure as SRTFailure:
            switch failure.rejection {
            case SRTRejection.otherPassphrase, SRTRejection.onePassphrase: self = .passphrase
            case SRTRejection.unanswered, nil: self = .unanswered
            default: self = .refused
            }
        default: self = .unreachable
        }
    }
}

extension SRTCaller.Purpose {
    /// What its configuration has a relay call.
    static func all(of spec: RelaySpec) -> [SRTCaller.Purpose] {
        (spec.streams ?? []).flatMap { stream in
            var purposes: [SRTCaller.Purpose] = []
            if case .call(let call) = stream.source { purposes.append(.fetch(stream.name, call)) }
            for push in stream.push where push.to.scheme == .srt { purposes.append(.push(stream.name, push)) }
            return purposes
        }
    }

    var stream: StreamName {
        switch self {
        case .fetch(let stream, _), .push(let stream, _): stream
        }
    }

    fileprivate var request: DatagramRequest {
        switch self {
        case .fetch(let stream, _): .call(stream)
        case .push(let stream, let push): .push(stream, push.name)
        }
    }

    fileprivate var address: HostPort {
        switch self {
        case .fetch(_, let call): call.call
        case .push(_, let push): push.to.address
        }
    }

    fileprivate var latency: Duration? {
        switch self {
        case .fetch(_, let call): call.latency
        case .push(_, let push): push.latency
        }
    }

    fileprivate var passphrase: Secret? {
        switch self {
        case .fetch(_, let call): call.passphrase
        case .push(_, let push): push.passphrase
        }
    }

    fileprivate var streamID: SRTStreamID? {
        switch self {
        case .fetch(_, let call): call.streamID
        case .push(_, let push): push.to.streamID
        }
    }
}

/// What comes once from another thread.
private final class Answer: Sendable {
    private let value = Mutex<Result<DatagramLoan, DatagramRefusal>?>(nil)
    private let isThere = DispatchSemaphore(value: 0)

    func give(_ result: Result<DatagramLoan, DatagramRefusal>) {
        self.value.withLock { $0 = result }
        self.isThere.signal()
    }

    func await(_ timeout: DispatchTimeInterval) -> Result<DatagramLoan, DatagramRefusal>? {
        _ = self.isThere.wait(timeout: .now() + timeout)
        return self.value.withLock { $0 }
    }
}

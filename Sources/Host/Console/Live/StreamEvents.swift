import Contract
import Events

/// What is remembered of one stream, to find what has changed of it.
struct StreamEvents: Sendable {
    private struct Source: Sendable {
        var id: Int
        var words: String
    }

    private var state = Self.waiting
    /// Those that it has and that were told, while it is degraded, and the last that was.
    private var toldFaults: Set<String> = []
    private var lastFault: String?
    private var notices = StreamNotices()
    /// Since when it has been starting without that having been told, µs since 1970-01-01 UTC.
    private var startingAt: Int64?
    private var source: Source?
    /// When the last source was lost, and is missed; µs since 1970-01-01 UTC.
    private var lostAt: Int64?
    private var refusal: Int?
    private var toldRefusal: Int64?
    /// Whether the relay has told of its streams since this one is looked at.
    private var isHeard = false
    /// Since when it has not, µs since 1970-01-01 UTC.
    private var unheardAt: Int64?

    /// Of one that nobody has published to: its being listed is no news.
    private static let waiting = "waiting"

    private static let starting = "starting"
    private static let degraded = "degraded"

    /// A source that comes is told at once, and that its picture is there when it is. In between there is something to
    /// tell only where that takes longer than it does at every ordinary start, µs.
    private static let startPatience: Int64 = 3_000_000

    /// Refusals of one stream are told once in so many µs: an encoder tries again every two seconds.
    private static let refusalPause: Int64 = 60_000_000

    /// A relay that starts, or is taken over, has told nothing yet. Only where that takes longer than it does at every
    /// ordinary start is it told that viewers have nothing, µs.
    private static let hearingPatience: Int64 = 10_000_000

    mutating func look(
        at stream: StreamView,
        of relay: RelayView,
        _ now: Int64,
        hostStart: Int64
    ) -> [DatedEvent] {
        guard self.isToBeJudged(relay, now) else { return [] }
        let subject = "\(relay.name)/\(stream.stream)"
        return self.sources(stream, subject, now, hostStart: hostStart) + self.verdict(stream, subject, now)
            + self.notices.look(at: stream, subject, now) + self.refusals(stream, subject, now)
    }

    private mutating func isToBeJudged(_ relay: RelayView, _ now: Int64) -> Bool {
        // These are absent where the relay has told nothing.
        self.isHeard = self.isHeard || relay.destinations != nil
        guard !self.isHeard else { return true }
        let since = self.unheardAt ?? now
        self.unheardAt = since
        return now < since || now - since >= Self.hearingPatience
    }

    private mutating func verdict(_ stream: StreamView, _ subject: String, _ now: Int64) -> [DatedEvent] {
        let isOther = self.state != stream.state
        guard !self.isHeldBack(isOther && stream.state == Self.starting, now) else { return [] }
        self.state = stream.state
        guard stream.state == Self.degraded else {
            (self.toldFaults, self.lastFault) = ([], nil)
            guard isOther else { return [] }
            let level: HostEvent.Level =
                switch stream.state {
                case "live": .good
                case Self.starting, Self.waiting: .warning
                default: .bad
                }
            return [Self.event(level, subject, stream.sentence, stream.state, now)]
        }
        return self.news(of: stream).map { Self.event(.warning, subject, $0.sentence, $0.code, now) }
    }

    /// What is to be told of a stream that is degraded: each of its faults once, the worst last, and what is left when the one
    /// that was told last has ended.
    private mutating func news(of stream: StreamView) -> [(sentence: String, code: String)] {
        let worst = (sentence: stream.sentence, code: Self.worst(of: stream) ?? stream.state)
        self.toldFaults.formIntersection(stream.faults + [stream.state])
        // Faults that leave picture and sound alone are told as notices.
        var faults = (stream.findings ?? []).filter { !StreamNotices.tells($0.fault) && $0.fault != worst.code }
            .map { (sentence: $0.sentence, code: $0.fault) }
        faults.insert(worst, at: 0)
        var news = faults.filter { !self.toldFaults.contains($0.code) }
        if news.isEmpty, let last = self.lastFault, !self.toldFaults.contains(last) { news = [worst] }
        self.toldFaults.formUnion(news.map(\.code))
        self.lastFault = news.first?.code ?? self.lastFault
        return news.reversed()
    }

    /// The fault that the stream's sentence is about.
    private static func worst(of stream: StreamView) -> String? {
        stream.findings?.first { $0.sentence == stream.sentence }?.fault ?? stream.faults.first
    }

    private static func event(
        _ level: HostEvent.Level,
        _ subject: String,
        _ sentence: String,
        _ code: String,
        _ now: Int64
    ) -> DatedEvent {
        (HostEvent(kind: .stream, level: level, subject: subject, sentence: sentence, code: code), now)
    }

    /// Whether it is too early to say that a stream is starting; until then it counts as what was told last.
    private mutating func isHeldBack(_ isStarting: Bool, _ now: Int64) -> Bool {
        guard isStarting else {
            self.startingAt = nil
            return false
        }
        let since = self.startingAt ?? now
        self.startingAt = since
        // Where the wall clock was set back, nobody knows how long it has been.
        return now >= since && now - since < Self.startPatience
    }

    private mutating func sources(
        _ stream: StreamView,
        _ subject: String,
        _ now: Int64,
        hostStart: Int64
    ) -> [DatedEvent] {
        guard let source = stream.source else {
            // Where the relay has told nothing, nobody knows yet whether the source is still there.
            guard let loss = stream.lastLoss else { return [] }
            guard let held = self.source else {
                // It was lost before the host started, and its coming back ends that.
                if self.lostAt == nil, Self.isMissed(loss) { self.lostAt = EventTime.unix(loss.at) }
                return []
            }
            self.source = nil
            return [self.lost(loss, held, subject, now)]
        }
        let since = EventTime.unix(source.since) ?? now
        let words = EventWords.source(source)
        defer { self.source = Source(id: source.id, words: words) }
        guard let held = self.source else {
            return since < hostStart ? [self.kept(words, subject, now)] : [self.arrived(words, subject, since)]
        }
        guard held.id != source.id else { return [] }
        // It went and another came between two looks.
        if let loss = stream.lastLoss, loss.cause != SourceLoss.Cause.replaced.rawValue {
            return [self.lost(loss, held, subject, since), self.arrived(words, subject, since)]
        }
        let sentence = "\(subject) was taken over by another source: \(words)."
        let event = HostEvent(
            kind: .source,
            level: .warning,
            subject: subject,
            sentence: sentence,
            code: HostEvent.Code.replaced
        )
        return [(event, since)]
    }

    /// Its connection is older than the host: the relay has held it while no host was there.
    private mutating func kept(_ words: String, _ subject: String, _ now: Int64) -> DatedEvent {
        self.lostAt = nil
        let event = HostEvent(
            kind: .source,
            level: .good,
            subject: subject,
            sentence: "\(subject) is still on air: \(words).",
            code: HostEvent.Code.kept
        )
        return (event, now)
    }

    private static func isMissed(_ loss: StreamView.Loss) -> Bool {
        loss.cause != SourceLoss.Cause.ended.rawValue && loss.cause != SourceLoss.Cause.removed.rawValue
    }

    private mutating func arrived(_ words: String, _ subject: String, _ since: Int64) -> DatedEvent {
        var event = HostEvent(
            kind: .source,
            level: .good,
            subject: subject,
            sentence: "\(subject) has a source: \(words).",
            code: HostEvent.Code.came
        )
        if let lostAt = self.lostAt {
            let seconds = max(Double(since) - Double(lostAt), 0) / 1_000_000
            event.code = HostEvent.Code.back
            event.seconds = seconds
            event.sentence = "\(subject) has its source back after \(EventWords.span(seconds)): \(words)."
        }
        self.lostAt = nil
        return (event, since)
    }

    private mutating func lost(
        _ loss: StreamView.Loss,
        _ held: Source,
        _ subject: String,
        _ now: Int64
    ) -> DatedEvent {
        let at = EventTime.unix(loss.at) ?? now
        let isMissed = Self.isMissed(loss)
        self.lostAt = isMissed ? at : nil
        let event = HostEvent(
            kind: .source,
            level: isMissed ? .bad : .good,
            subject: subject,
            sentence: isMissed
                ? "\(subject) lost its source (\(EventWords.cause(loss.cause)))."
                : "\(subject) ended (\(EventWords.cause(loss.cause))).",
            code: isMissed ? HostEvent.Code.lost : HostEvent.Code.ended,
            cause: loss.cause
        )
        return (event, at)
    }

    private mutating func refusals(_ stream: StreamView, _ subject: String, _ now: Int64) -> [DatedEvent] {
        guard let refusal = stream.lastRefusal, refusal.id != self.refusal else { return [] }
        self.refusal = refusal.id
        if let told = self.toldRefusal, now - told < Self.refusalPause, now >= told { return [] }
        self.toldRefusal = now
        let event = HostEvent(
            kind: .refusal,
            level: .warning,
            subject: subject,
            sentence:
                "A publisher of \(subject) was refused (\(EventWords.refusal(refusal.reason))): \(refusal.address).",
            code: refusal.reason
        )
        return [(event, EventTime.unix(refusal.at) ?? now)]
    }
}

/// What is said of events, for people.
enum EventWords {
    static func source(_ source: StreamView.Source) -> String {
        let encoder = source.encoder.map { ", \($0.prefix(64))" } ?? ""
        return "\(source.protocol.uppercased()) from \(source.address)\(encoder)"
    }

    static func cause(_ cause: String) -> String {
        switch SourceLoss.Cause(rawValue: cause) {
        case .ended: "the encoder stopped"
        case .disconnected: "connection broke"
        case .silent: "it fell silent"
        case .replaced: "another took over"
        case .malformed: "it broke the protocol"
        case .removed: "the operator ended it"
        case .relayEnded: "the relay's instance ended"
        case nil: cause
        }
    }

    static func refusal(_ reason: String) -> String { reason.replacing("_", with: " ") }

    static func span(_ seconds: Double) -> String { EventSpan.text(seconds) }
}

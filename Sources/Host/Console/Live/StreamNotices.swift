import Contract
import Events

/// What is remembered of the faults of one stream that leave its picture and sound alone, to find what has changed of them. What
/// takes either away is told by the stream itself.
struct StreamNotices: Sendable {
    /// Some are told by events of their own: a publisher that was refused, a destination that is not reached.
    private static let told: Set<StreamFault> = [
        .mediaLeftOut, .viewersSlow, .formatUnavailable, .tapeShort, .unchecked, .textIllegible, .formatChanged,
        .interleaveGap, .profileUnusual, .reorderingDeep,
    ]

    /// Whether a fault is told here, or by an event of its own, and not by the stream itself.
    static func tells(_ fault: String) -> Bool {
        guard let fault = StreamFault(rawValue: fault) else { return false }
        return Self.told.contains(fault) || fault == .publisherRefused || fault == .pushFailed
    }

    /// What was told last and lasts.
    private var notice: StreamView.Finding?

    mutating func look(at stream: StreamView, _ subject: String, _ now: Int64) -> [DatedEvent] {
        let next = Self.worst(of: stream)
        guard next?.fault != self.notice?.fault else { return [] }
        defer { self.notice = next }
        guard let next else {
            guard let last = self.notice, last.fault != StreamFault.formatChanged.rawValue else { return [] }
            return [Self.event(.good, subject, last, "This is over: \(last.sentence)", now)]
        }
        return [Self.event(.warning, subject, next, next.sentence, now)]
    }

    /// What somebody should do something about comes before advice.
    private static func worst(of stream: StreamView) -> StreamView.Finding? {
        let notices = (stream.findings ?? []).filter { finding in
            // The sentence of a stream that is degraded is that of its worst fault, which is told already.
            let isTold = stream.state == StreamState.degraded.rawValue && finding.sentence == stream.sentence
            return !isTold && StreamFault(rawValue: finding.fault).map(Self.told.contains) ?? false
        }
        return notices.first { !HostEvent.Code.advice.contains($0.fault) } ?? notices.first
    }

    private static func event(
        _ level: HostEvent.Level,
        _ subject: String,
        _ finding: StreamView.Finding,
        _ sentence: String,
        _ now: Int64
    ) -> DatedEvent {
        (HostEvent(kind: .notice, level: level, subject: subject, sentence: sentence, code: finding.fault), now)
    }
}

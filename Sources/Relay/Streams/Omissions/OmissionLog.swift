import Contract
package import Media

/// Says which omissions are to be logged: each kind once in a while, however often it happens.
package struct OmissionLog: Sendable {
    private struct Key: Hashable {
        let part: MediaOmission.Part
        let codec: String
        let reason: MediaOmission.Reason
    }

    /// µs between two lines of one kind.
    package static let interval: Int64 = 60_000_000

    private var throttles: [Key: LogThrottle] = [:]

    package init() {}

    /// Those of the events that are to be logged at `now`, µs monotonic, which counts as having done so. No more kinds are
    /// told apart than reports have: codecs are called what peers call them.
    package mutating func due(in events: [SourceEvent], now: Int64) -> [MediaOmission] {
        var due: [MediaOmission] = []
        for case .omission(let omission) in events {
            let key = Key(part: omission.part, codec: omission.codec, reason: omission.reason)
            guard self.throttles[key] != nil || self.throttles.count < OmissionSnapshot.limit else { continue }
            if self.throttles[key, default: LogThrottle(interval: Self.interval)].allows(now) { due.append(omission) }
        }
        return due
    }
}

package import Contract
import Foundation

/// The answer of `/health/<relay>/<stream>`, for machines and people. Keys never change; new ones may come.
package struct StreamReport: Sendable {
    private let snapshot: StreamSnapshot
    private let verdict: Verdict
    private let clock: ClockReading
    private let isServed: Bool

    /// - Parameters:
    ///   - snapshot: what the relay has told.
    ///   - verdict: what is to be said of it.
    ///   - clock: of both.
    ///   - isServed: whether the stream's relay tells anything now.
    package init(_ snapshot: StreamSnapshot, _ verdict: Verdict, clock: ClockReading, isServed: Bool = true) {
        self.snapshot = snapshot
        self.verdict = verdict
        self.clock = clock
        self.isServed = isServed
    }

    package static let contentType = "application/json"

    /// The report as UTF-8 JSON, ending in a line break.
    package func json() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        guard let data = try? encoder.encode(self.body) else { return Array("{}\n".utf8) }
        return Array(data) + Array("\n".utf8)
    }

    private var body: Body {
        let figures = StreamFigures(self.snapshot)
        let omissions = OmissionSentences(formats: self.snapshot.formats)
        return Body(
            relay: self.snapshot.path.relay.rawValue,
            stream: self.snapshot.path.stream.rawValue,
            state: self.verdict.state,
            healthy: self.verdict.isHealthy,
            since: self.date(self.verdict.since),
            sentence: self.verdict.sentence,
            japanese: self.verdict.wording.japanese,
            served: self.isServed,
            loss: self.snapshot.source == nil ? self.snapshot.loss?.cause : nil,
            faults: self.verdict.faults,
            findings: self.verdict.findings.map { finding in
                Finding(
                    fault: finding.fault,
                    since: self.date(finding.since),
                    sentence: finding.wording.sentence,
                    japanese: finding.wording.japanese
                )
            },
            bitrate: figures.bitrate,
            fps: figures.fps,
            keyframeInterval: figures.keyframeInterval,
            resolution: figures.resolution,
            codecs: figures.codecs,
            viewers: figures.viewers,
            viewersByProtocol: Dictionary(
                uniqueKeysWithValues: self.snapshot.outputs.map { ($0.key.rawValue, $0.value.viewers) }
            ),
            source: self.snapshot.source.map {
                Source(
                    protocol: $0.protocol,
                    encoder: $0.encoder,
                    since: self.date($0.connectedAt),
                    lastHeard: $0.heard.map(self.date)
                )
            },
            sourceHealth: self.verdict.source.map { source in
                SourceHealth(
                    state: source.state.rawValue,
                    since: self.date(source.since),
                    reason: source.reason?.code,
                    sentence: source.sentence,
                    japanese: source.japanese
                )
            },
            tracks: self.snapshot.tracks.map(self.track),
            omissions: self.snapshot.omissions.map {
                Omission(
                    format: $0.format,
                    part: $0.part,
                    codec: $0.codec,
                    reason: $0.reason,
                    sentence: $0.sentence,
                    japanese: omissions.sentence($0, in: .japanese),
                    count: $0.count
                )
            },
            receivedBytes: self.snapshot.counters.bytesIn,
            discontinuities: self.snapshot.counters.discontinuities,
            reconnects: self.snapshot.counters.reconnects,
            takeovers: self.snapshot.counters.takeovers
        )
    }

    private func track(_ track: TrackSnapshot) -> Track {
        Track(
            kind: track.kind,
            index: track.index,
            codec: track.codec,
            codecString: track.codecString,
            bitrate: AnswerForm.number(track.bitrate),
            width: track.width > 0 ? track.width : nil,
            height: track.height > 0 ? track.height : nil,
            sampleRate: track.sampleRate > 0 ? track.sampleRate : nil,
            channels: track.channels > 0 ? track.channels : nil
        )
    }

    private func date(_ instant: Instant) -> String { AnswerForm.date(instant, by: self.clock) }
}

extension StreamReport {
    /// The members of the answer, which the API's document describes as `StreamHealth`.
    package struct Body: Codable {
        var relay, stream: String
        var state: StreamState
        /// By the rule of the configuration; the answer's status says the same.
        var healthy: Bool
        var since: String
        var sentence, japanese: String
        /// False while the relay is replaced, or tells nothing for another reason.
        var served: Bool
        /// How the last source went, while none is there.
        var loss: SourceLoss.Cause?
        var faults: [StreamFault]
        /// What is said of each of them.
        var findings: [Finding]
        /// Bits a second.
        var bitrate: Double
        var fps: Double?
        /// Seconds.
        var keyframeInterval: Double?
        var resolution: String?
        var codecs: [String]
        var viewers: Int
        var viewersByProtocol: [String: Int]
        var source: Source?
        var sourceHealth: SourceHealth?
        var tracks: [Track]
        var omissions: [Omission]
        /// Of media, since the relay's instance began.
        var receivedBytes: UInt64
        var discontinuities, reconnects, takeovers: UInt64
    }

    package struct Finding: Codable {
        var fault: StreamFault
        var since, sentence, japanese: String
    }

    /// What is left out; `format` is missing where no viewer gets it.
    package struct Omission: Codable {
        var format: String?
        var part, codec, reason, sentence, japanese: String
        var count: UInt64
    }

    /// Without the encoder's address: the report is for everybody.
    package struct Source: Codable {
        var `protocol`: SourceProtocol
        var encoder: String?
        var since: String
        var lastHeard: String?
    }

    /// How it stands with whoever publishes, also while nobody does.
    package struct SourceHealth: Codable {
        var state, since: String
        var reason: String?
        var sentence, japanese: String
    }

    package struct Track: Codable {
        var kind: TrackSnapshot.Kind
        var index: Int
        var codec: String
        var codecString: String?
        var bitrate: Double
        var width, height, sampleRate, channels: Int?
    }
}

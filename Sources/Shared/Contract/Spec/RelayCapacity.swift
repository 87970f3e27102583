package import Capacity

/// Whether a relay's memory holds the streams it admits, at the bitrate they are expected to have and watched in every
/// format that the configuration serves.
package struct RelayCapacity: Hashable, Sendable {
    package let demand: StreamDemand
    /// As admitted.
    package let streams: Int
    /// Bytes, of the whole container.
    package let memory: Int
    /// Bytes, for tapes and copies.
    package let tapeMemory: Int
    /// Of these, bytes that are kept free for tapes to begin.
    private let startMemory: Int

    package init(_ spec: RelaySpec, on listen: ListenSpec) {
        let limits = spec.limits
        self.demand = StreamDemand(
            bitrate: limits.bitrate,
            window: spec.window.wholeMicroseconds,
            segment: spec.hls.segment.wholeMicroseconds,
            kinds: spec.kinds(on: listen),
            tapeLimit: limits.tape
        )
        // Who may publish only what is declared publishes no more than that.
        self.streams = min(limits.streams, spec.streams?.count ?? limits.streams)
        self.memory = limits.memory
        self.tapeMemory = limits.tapeMemory
        self.startMemory = limits.startMemory
    }

    /// Streams that are kept whole, for each format all the seconds it is meant to have, beside what is kept free for the
    /// others to begin.
    package var wholeStreams: Int {
        let whole = max(self.demand.whole, 1)
        let start = LimitsSpec.tapesPerStream * TapeSize.startCost
        var streams = min(self.fittingStreams, self.streams)
        while streams > 0 {
            let free = max(self.startMemory - streams * start, 0)
            if free <= self.tapeMemory, streams <= (self.tapeMemory - free) / whole { return streams }
            streams -= 1
        }
        return 0
    }

    /// Streams that are kept whole where no more are admitted.
    package var fittingStreams: Int { self.tapeMemory / max(self.demand.whole, 1) }

    /// What there is too little of.
    package enum Verdict: Hashable, Sendable {
        case fits
        /// All are served, some of them with fewer seconds.
        case shortened
        /// Not even one is served in every format.
        case tooSmall
    }

    package var verdict: Verdict {
        if self.demand.least > self.tapeMemory { return .tooSmall }
        return self.fittingStreams >= self.streams ? .fits : .shortened
    }

    /// Nil where all streams fit.
    package var sentence: String? {
        let rate = BitrateText.text(self.demand.bitrate)
        switch self.verdict {
        case .fits: return nil
        case .shortened:
            let wanted = self.demand.whole.multipliedReportingOverflow(by: self.streams)
            let sum = wanted.overflow ? TapeSize.largest : wanted.partialValue
            return """
                \(Self.count(self.streams)) at \(rate) in \(Self.formats(self.demand.kinds)) \
                \(self.streams == 1 ? "wants" : "want") \(Self.size(sum)) for tapes, and of limits.memory \
                (\(Self.size(self.memory))) these have \(Self.size(self.tapeMemory)): \
                \(self.wholeStreams == 0 ? "no stream is" : Self.count(self.wholeStreams) + (self.wholeStreams == 1 ? " is" : " are")) \
                kept whole, and with more there are fewer seconds for playlists and for viewers whose line stands still. Raise \
                limits.memory to \(Self.mebibytes(self.memory(for: sum))), lower limits.streams\
                \(self.fittingStreams > 0 ? " to \(self.fittingStreams)" : "") or window, or set limits.bitrate to what encoders send.
                """
        case .tooSmall:
            let least = self.demand.least
            return """
                not even one stream at \(rate) fits in \(Self.formats(self.demand.kinds)): the least it can be served with is \
                \(Self.size(least)) for tapes, and of limits.memory (\(Self.size(self.memory))) these have \
                \(Self.size(self.tapeMemory)). Raise limits.memory to \(Self.mebibytes(self.memory(for: least))), or set \
                limits.bitrate to what encoders send.
                """
        }
    }

    /// Where limits.tape allows less than the seconds that a format is meant to have; nil where it does not.
    package var tapeSentence: String? {
        guard self.verdict != .tooSmall, let short = self.demand.tapeShortfall else { return nil }
        let (kept, wanted) = (short.kept / 1_000_000, short.wanted / 1_000_000)
        return """
            a tape of limits.tape holds \(kept) of the \(wanted) seconds that \(short.kind.noun) is meant to have at \
            \(BitrateText.text(self.demand.bitrate)): raise limits.tape, or lower window.
            """
    }

    /// Bytes of a container whose tapes may take so many, in steps of 64 MiB.
    private func memory(for tapes: Int) -> Int {
        let step = 64 << 20
        let bytes = Int(Double(tapes) / LimitsSpec.tapeShare)
        return (bytes / step + 1) * step
    }

    private static func count(_ streams: Int) -> String { streams == 1 ? "1 stream" : "\(streams) streams" }

    private static func formats(_ kinds: Set<WireKind>) -> String {
        let nouns = WireKind.allCases.filter(kinds.contains).map(\.noun).joined(separator: ", ")
        return kinds.count == 1 ? "1 format (\(nouns))" : "\(kinds.count) formats (\(nouns))"
    }

    private static func size(_ bytes: Int) -> String { "\(bytes >> 20) MiB" }
    private static func mebibytes(_ bytes: Int) -> String { "\(bytes >> 20)MiB" }
}

extension RelaySpec {
    /// The formats that viewers can ask for where there are these listeners, and that streams are sent on in.
    package func kinds(on listen: ListenSpec) -> Set<WireKind> {
        var kinds: Set<WireKind> = []
        if listen.rtmp != nil || listen.rtmps != nil { kinds.insert(.rtmp) }
        if listen.http != nil || listen.https != nil { kinds.formUnion([.flv, .transportStream, .mp4]) }
        if listen.rtsp != nil || listen.rtsps != nil { kinds.insert(.rtp) }
        if listen.srt != nil || !self.srt.listen.isEmpty { kinds.insert(.transportStream) }
        for destination in (self.streams ?? []).flatMap(\.push).map(\.to) {
            kinds.insert(destination.isByTrack ? .rtp : .transportStream)
        }
        return kinds
    }
}

extension Duration {
    fileprivate var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = self.components
        let whole = seconds.multipliedReportingOverflow(by: 1_000_000)
        return whole.overflow ? .max : whole.partialValue &+ attoseconds / 1_000_000_000_000
    }
}

/// The protocols by which publishers and viewers may be refused. The raw values are labels of metrics: they never change.
package enum RefusalProtocol: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    case rtmp, http, rtsp, rtp, srt

    package static let ofPublishers: [RefusalProtocol] = [.rtmp, .rtsp, .rtp, .srt]
    package static let ofViewers = RefusalProtocol.allCases

    package init(_ source: SourceProtocol) {
        self =
            switch source {
            case .rtmp: .rtmp
            case .rtsp: .rtsp
            case .rtp: .rtp
            case .srt: .srt
            }
    }

    package init(_ viewer: ViewerProtocol) {
        self =
            switch viewer {
            case .rtmp: .rtmp
            case .flv, .ts, .mp4, .hls, .hlsTS: .http
            case .rtsp: .rtsp
            case .rtp, .udp: .rtp
            case .srt: .srt
            }
    }
}

/// How often somebody was refused, by protocol and reason.
package struct RefusalCounts<Reason>: Hashable, Sendable, Codable
where Reason: Hashable & Sendable & Codable & CodingKeyRepresentable {
    private var counts: [RefusalProtocol: [Reason: UInt64]]

    package init(_ counts: [RefusalProtocol: [Reason: UInt64]] = [:]) {
        self.counts = counts
    }

    package subscript(_ protocol: RefusalProtocol, _ reason: Reason) -> UInt64 {
        get { self.counts[`protocol`]?[reason] ?? 0 }
        set { self.counts[`protocol`, default: [:]][reason] = newValue }
    }

    /// Each count there is.
    package var values: [UInt64] { self.counts.values.flatMap(\.values) }

    /// By reason alone.
    package var byReason: [Reason: UInt64] {
        self.counts.values.reduce(into: [:]) { sums, counts in
            sums.merge(counts) { $0.addingReportingOverflow($1).partialValue }
        }
    }
}

import Contract
import Media
import Wire

/// RTP and RTCP, interleaved as by RTSP over TCP; datagrams are cut from the same bytes.
struct RTPFormat: OutputFormat {
    /// The tracks to send; nil for all.
    let selection: RTPTrackNumbers?

    var noun: String { "RTSP" }
    /// It is not offered by HTTP.
    var contentType: String { "application/octet-stream" }
    var viewers: ViewerProtocol { .rtsp }
    var served: [ViewerProtocol] { [.rtsp, .rtp] }
    var variantLimit: Int? { self.selection == nil ? nil : TooManyTrackChoices.limit }

    func omission(of track: TrackID, _ configuration: CodecConfiguration) -> MediaOmission? {
        RTPOutgoingTrack.omission(of: track, configuration)
    }

    func makeMux(_ context: MuxContext) -> any WireMux {
        RTPMux(path: "\(context.path)", only: self.selection, wallOffset: context.wallOffset)
    }
}

/// Some of the tracks that a stream has in RTP, by ``RTPOutgoingTrack/number``.
package struct RTPTrackNumbers: Hashable, Sendable {
    let bits: UInt32

    /// Numbers that no track of RTP can have are left out.
    package init(_ numbers: some Sequence<Int>) {
        self.bits = numbers.reduce(0) { (0..<RTPOutgoingTrack.limit).contains($1) ? $0 | 1 << UInt32($1) : $0 }
    }

    /// ``bits`` as they were told before.
    init(bits: UInt32) {
        self.init((0..<RTPOutgoingTrack.limit).filter { bits >> UInt32($0) & 1 == 1 })
    }

    package func contains(_ number: Int) -> Bool {
        (0..<RTPOutgoingTrack.limit).contains(number) && self.bits >> UInt32(number) & 1 == 1
    }
}

/// Players of a stream chose too many different sets of its tracks: each set has a tape of its own.
package struct TooManyTrackChoices: Error, Hashable, Sendable, CustomStringConvertible {
    /// Sets of tracks that are sent at once, besides all.
    static let limit = 4

    package var description: String {
        "Players have chosen \(Self.limit) different sets of this stream's tracks already; set up all of them, or one alone."
    }
}

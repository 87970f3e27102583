import Capacity
import Contract
import Media

/// The definition of a wire format: what it carries of a stream, how that is written, and how much of it is kept.
protocol OutputFormat: Sendable {
    /// What viewers of the format say they watch.
    var noun: String { get }

    /// Of an answer by HTTP.
    var contentType: String { get }

    /// What a viewer who is sent the format's tape watches by.
    var viewers: ViewerProtocol { get }

    /// All the ways of watching that the format serves.
    var served: [ViewerProtocol] { get }

    /// Whether it begins as far back as the packet tape reaches, for playlists that are asked for late; otherwise it begins
    /// at the newest keyframe.
    var reachesBack: Bool { get }

    /// How many formats of the same name may be written at once; nil: there is only one.
    var variantLimit: Int? { get }

    /// Records that its tape is to have room for, where `window` µs of media are kept.
    func records(window: Int64) -> Int

    /// Why it cannot carry the track, whatever others there are; nil where it can.
    func omission(of track: TrackID, _ configuration: CodecConfiguration) -> MediaOmission?

    /// Leaves out those tracks for which there is no place beside others.
    func select(from carriage: inout Carriage)

    func makeMux(_ context: MuxContext) -> any WireMux
}

/// What a mux is made for.
struct MuxContext: Sendable {
    let format: WireFormat
    let path: StreamPath
    /// Wall-clock minus stream time, µs, until the stream says better.
    let wallOffset: Int64
}

extension OutputFormat {
    var reachesBack: Bool { false }
    var variantLimit: Int? { nil }

    /// A stream has about a hundred packets a second.
    func records(window: Int64) -> Int { TapeSize.leastRecords }

    func select(from carriage: inout Carriage) {}
}

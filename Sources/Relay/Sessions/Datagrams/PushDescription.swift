package import Contract
package import Streams
import Wire

/// The session description of what a stream is sent to by RTP, for who receives it there.
package enum PushDescription {
    /// What a description of the stream's destination says; of the first one that is RTP where none is named.
    package static func text(of stream: StreamName, to name: String?, _ spec: RelaySpec, _ hub: StreamHub)
        throws(PushDescriptionError) -> String
    {
        let destinations = (spec.declaration(of: stream)?.push ?? []).filter { $0.to.scheme == .rtp }
        guard let push = destinations.first(where: { name == nil || $0.name.rawValue == name }) else {
            let isKnown = spec.streams?.contains { $0.name == stream } == true || hub.existing(stream) != nil
            let shown = isKnown ? "'\(stream)'" : TypedName.quoted(stream.rawValue)
            throw .noDestination(shown, name, destinations.map(\.name.rawValue))
        }
        guard push.to.isByTrack else { return Self.transportStream(push, StreamPath(relay: spec.name, stream: stream)) }
        guard let presentation = hub.existing(stream)?.presentation else { throw .unknownTracks(stream) }
        let address = push.to.address
        let ports = presentation.tracks.map { PushPorts.port(of: 2 * $0.number, from: address.port) ?? 0 }
        return presentation.sessionDescription(
            .sent(
                host: address.host,
                ttl: push.to.address.isMulticast ? push.ttl : nil,
                ports: ports
            )
        )
    }

    /// MPEG-TS says itself what is in it.
    private static func transportStream(_ push: PushSpec, _ path: StreamPath) -> String {
        let address = push.to.address
        return SessionDescription(
            origin: SessionDescription.Origin(session: RTPSeed.of("\(path)") >> 1, version: 0, address: "127.0.0.1"),
            name: "\(path)",
            connection: SDPConnection(
                address: address.host,
                timeToLive: address.isMulticast ? push.ttl : nil
            ),
            attributes: [SDPAttribute("tool", "transponder")],
            media: [
                MediaDescription(
                    kind: "video",
                    port: Int(address.port),
                    encodings: [RTPEncoding(payloadType: 33, name: "MP2T", clockRate: 90_000)],
                    attributes: []
                )
            ]
        ).text
    }
}

/// Why there is no description.
package enum PushDescriptionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The stream as it may be shown, what was asked for, and what there is.
    case noDestination(String, String?, [String])
    case unknownTracks(StreamName)

    package var description: String {
        switch self {
        case .noDestination(let stream, nil, _):
            "The configuration sends \(stream) nowhere by RTP; name a destination under 'push' with rtp://."
        case .noDestination(let stream, let name?, let others):
            "The configuration sends \(stream) to no \(TypedName.quoted(name)) by RTP; it does to "
                + (others.isEmpty ? "none." : others.map { "'\($0)'" }.joined(separator: ", ") + ".")
        case .unknownTracks(let stream):
            "Nobody publishes '\(stream)' yet, so nothing is known to describe; ask again once it is on air."
        }
    }
}

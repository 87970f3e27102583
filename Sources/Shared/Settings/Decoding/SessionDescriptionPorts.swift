import Contract
import Wire

/// Where the media of a session description arrive (RFC 8866): what the host must know to bind sockets. What the packets
/// hold is read by the relay.
struct SessionDescriptionPorts {
    let media: [MediaPorts]

    /// The sender that a source filter allows (RFC 4570), if it names one alone.
    let source: IPAddress?

    private static let transports = ["RTP/AVP", "RTP/AVPF", "UDP", "UDP/MP2T", "MP2T"]

    init(_ text: String) throws(ValueError) {
        let description: SessionDescription
        do {
            description = try SessionDescription(parsing: text)
        } catch .noMedia {
            throw ValueError("the session description has no m= line; is it one at all?")
        } catch {
            throw ValueError("\(error); write it as m=video 5004 RTP/AVP 96.")
        }
        for medium in description.media { try Self.check(medium) }
        try Self.checkPayloadTypes(description.media)
        var ports: [MediaPorts] = []
        for (index, medium) in description.media.enumerated() {
            // A name would have to be looked up, and only says where the sender thinks that this machine is.
            let address = description.connection(of: index).flatMap { try? IPAddress($0.address) }
            ports.append(try Self.ports(medium, address))
        }
        self.media = ports
        self.source = description.media.indices.lazy.flatMap { description.sourceFilters(of: $0) }
            .first { $0.isInclusive && $0.sources.count == 1 }
            .flatMap { try? IPAddress($0.sources[0]) }
    }

    private static func check(_ medium: MediaDescription) throws(ValueError) {
        guard medium.port > 0 else {
            throw ValueError("the m= line of '\(medium.kind)' has port 0; write the port its packets arrive at.")
        }
        guard Self.transports.contains(medium.transport) else {
            throw ValueError(
                "'\(medium.transport)' of the m= line of '\(medium.kind)' is not received; use RTP/AVP."
            )
        }
    }

    /// Media that share a port are told apart by their payload types alone.
    private static func checkPayloadTypes(_ media: [MediaDescription]) throws(ValueError) {
        for (index, medium) in media.enumerated() {
            guard let other = media[..<index].first(where: { $0.port == medium.port }) else { continue }
            if let shared = medium.formats.first(where: other.formats.contains) {
                throw ValueError("two m= lines have the port \(medium.port) and the payload type \(shared).")
            }
            throw ValueError("two m= lines have the port \(medium.port); give each a port of its own.")
        }
    }

    /// Unicast to an address that may be another machine's, or this one's before it moved, is taken on all of this one's.
    private static func ports(_ medium: MediaDescription, _ address: IPAddress?) throws(ValueError) -> MediaPorts {
        let host =
            if let address, address.isMulticast || address.isLoopback {
                address.text
            } else {
                address?.isIPv6 == true ? "::" : "0.0.0.0"
            }
        let port = UInt16(truncatingIfNeeded: medium.port)
        do {
            let rtp = try ListenAddress(host: host, port: port)
            let isBare = medium.hasSharedPort || port == .max
            let other = medium.rtcpPort.map { UInt16(truncatingIfNeeded: $0) }
            let rtcp = isBare ? nil : try ListenAddress(host: host, port: other ?? port + 1)
            return MediaPorts(rtp: rtp, rtcp: rtcp == rtp ? nil : rtcp)
        } catch {
            throw ValueError("\(error)")
        }
    }
}

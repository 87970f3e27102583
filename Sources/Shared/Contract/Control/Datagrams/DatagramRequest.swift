/// What a relay wants UDP sockets for. Each that can send is connected when it comes, and so sends to one address only.
package enum DatagramRequest: Hashable, Sendable, Codable {
    /// An even port for RTP and the odd one above it for RTCP (RFC 3550 section 11), on all addresses of the family, by which a
    /// publisher's track is received and nothing is sent; and a third that sends the publisher reports, from a port of its own.
    case publisher(DatagramPeer)

    /// Two to send RTP and RTCP to a viewer by, from the pair of ports that all viewers share.
    case viewer(DatagramPeer)

    /// To push a stream to a destination of the configuration: as many as it has ports (``PushSpec/portCount``), all from one
    /// port that the kernel chooses. Its name is looked up, and its multicast settings are made, before they come.
    case push(StreamName, DestinationName)

    /// To send so many tracks to a group out of those that the configuration sets apart: two for each, to the ports from that one
    /// up, all from one port at the address by which this machine reaches the groups.
    case multicast(group: String, port: UInt16, tracks: Int)

    /// One, to call whom the configuration names as the source of a stream.
    case call(StreamName)
}

/// Somebody who speaks RTSP with the relay, and where the datagrams of a track go.
package struct DatagramPeer: Hashable, Sendable, Codable {
    /// The address that the connection comes from.
    package let host: String
    package let rtp: UInt16
    package let rtcp: UInt16

    /// Nobody's player has one below: the system's own services do.
    package static let firstPort: UInt16 = 1024

    package init(host: String, rtp: UInt16, rtcp: UInt16) {
        self.host = host
        self.rtp = rtp
        self.rtcp = rtcp
    }
}

/// The ports of a destination of RTP: two for each track, from the named one up (RFC 3550 section 11).
package enum PushPorts {
    /// Tracks that are sent to one destination.
    package static let tracks = 8

    /// Of a channel: 2n carries a track's packets, 2n + 1 its reports. Nil where there is none so high.
    package static func port(of channel: Int, from first: UInt16) -> UInt16? {
        let (port, overflow) = first.addingReportingOverflow(UInt16(clamping: channel))
        return overflow ? nil : port
    }
}

extension PushSpec {
    /// Ports that datagrams are sent to at the destination, from the named one up: of MPEG-TS one, in RTP another for reports.
    package var portCount: Int {
        if self.to.isByTrack { return 2 * PushPorts.tracks }
        return self.to.scheme == .rtp ? 2 : 1
    }
}

package import Fanout
package import Linux

extension DatagramViewer.Framing {
    /// The channels of an RTP tape one behind the other from an address up. Every track that a stream may have has its
    /// ports, whether it has it now or not.
    package static func channels(
        from first: InternetAddress,
        tracks: Int = PushPorts.tracks,
        by socket: HeldDescriptor
    ) -> Self {
        var channels: [UInt8: DatagramViewer.Destination] = [:]
        for channel in 0..<2 * tracks {
            guard let port = PushPorts.port(of: channel, from: first.port) else { break }
            let address = InternetAddress(first.host, port: port)
            channels[UInt8(channel)] = DatagramViewer.Destination(socket: socket, address: address)
        }
        return .interleaved(channels)
    }
}

/// The ports of a destination of RTP: two for each track, from the named one up (RFC 3550 section 11).
package enum PushPorts {
    /// Tracks that are sent to one destination.
    package static let tracks = 8

    /// Of a channel: 2n carries a track's packets, 2n + 1 its reports. Nil where there is none so high.
    package static func port(of channel: Int, from first: UInt16) -> UInt16? {
        let (port, overflow) = first.addingReportingOverflow(UInt16(channel))
        return overflow ? nil : port
    }
}

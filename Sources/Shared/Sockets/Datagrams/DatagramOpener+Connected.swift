package import Contract
package import Linux

/// Sockets that send to one address each, to the ports from one up, and all from the same port.
package struct ConnectedSockets: Sendable {
    package let sockets: [HeldDescriptor]

    /// Where they are bound.
    package let own: InternetAddress
}

extension DatagramOpener {
    /// Sockets for a destination of the configuration, from that port if it is free.
    package static func senders(
        to address: InternetAddress,
        _ push: PushSpec,
        from own: InternetAddress? = nil
    ) throws(DatagramFailure) -> ConnectedSockets {
        guard push.to.address.isMulticast else {
            return try self.senders(to: address, count: push.portCount, from: own)
        }
        let interface = try self.interface(push.interface)
        return try self.senders(to: address, count: push.portCount, from: own, at: interface, ttl: push.ttl)
    }

    /// One socket, to call somebody by.
    package static func caller(to address: InternetAddress) throws(DatagramFailure) -> ConnectedSockets {
        try self.senders(to: address, count: 1)
    }

    /// Sockets for one of the groups that are set apart, from the address its packets come from.
    package static func senders(
        to group: String,
        port: UInt16,
        tracks: Int,
        of multicast: MulticastSpec
    ) throws(DatagramFailure) -> ConnectedSockets {
        let count = 2 * max(tracks, 1)
        guard multicast.groups.contains(group), let host = InternetAddress.Host(group), tracks <= PushPorts.tracks,
            let last = PushPorts.port(of: count - 1, from: port),
            multicast.ports.contains(port), multicast.ports.contains(last)
        else {
            throw DatagramFailure("The configuration does not set \(group), port \(port), apart for multicast.")
        }
        let interface = try self.interface(multicast.interface)
        let address = InternetAddress(host, port: port)
        do throws(LinuxError) {
            let source = try UDPSocket.source(towards: address, at: interface)
            return try self.connected(
                to: address,
                count: count,
                from: InternetAddress(source, port: 0),
                at: interface,
                ttl: multicast.ttl
            )
        } catch {
            throw DatagramFailure(
                "Multicast to \(multicast.groups) cannot be set up: \(error.reason). Name an 'interface' that has a route "
                    + "for it (ip route get \(host) shows which)."
            )
        }
    }

    private static func senders(
        to address: InternetAddress,
        count: Int,
        from own: InternetAddress? = nil,
        at interface: UDPSocket.Interface? = nil,
        ttl: Int? = nil
    ) throws(DatagramFailure) -> ConnectedSockets {
        let any = InternetAddress(address.isIPv6 ? .anyV6 : .anyV4, port: 0)
        if let own, own.isIPv6 == address.isIPv6 {
            let again = try? self.connected(to: address, count: count, from: own, at: interface, ttl: ttl)
            if let again { return again }
        }
        do throws(LinuxError) {
            return try self.connected(to: address, count: count, from: any, at: interface, ttl: ttl)
        } catch {
            throw DatagramFailure("UDP to \(address) cannot be set up: \(error.reason).")
        }
    }

    private static func connected(
        to address: InternetAddress,
        count: Int,
        from own: InternetAddress,
        at interface: UDPSocket.Interface?,
        ttl: Int?
    ) throws(LinuxError) -> ConnectedSockets {
        var sockets: [HeldDescriptor] = []
        var bound = own
        for channel in 0..<count {
            // Those that there is no port for are left out.
            guard let port = PushPorts.port(of: channel, from: address.port) else { break }
            let socket = try UDPSocket.bind(to: bound, sharesPort: true)
            if bound.port == 0 {
                bound = InternetAddress(bound.host, port: try UDPSocket.localAddress(of: socket).port)
            }
            if let ttl { try UDPSocket.setMulticast(socket, isIPv6: address.isIPv6, at: interface, ttl: ttl) }
            try UDPSocket.setSendBuffer(socket, bytes: self.sendBuffer)
            try UDPSocket.connect(socket, to: InternetAddress(address.host, port: port))
            sockets.append(HeldDescriptor(socket))
        }
        return ConnectedSockets(sockets: sockets, own: bound)
    }
}

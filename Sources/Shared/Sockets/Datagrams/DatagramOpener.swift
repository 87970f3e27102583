package import Contract
package import Linux

/// Opens UDP sockets as a configuration wants them, wherever the process may open any.
package enum DatagramOpener {
    /// Bytes that may wait to be sent: what a line of 1 Gbit/s takes in some 20 ms, so that it does not stand still while
    /// the sender is asleep.
    static let sendBuffer = 2 << 20

    /// Unread bytes the kernel keeps for a source, as far as it lets us: a second at 32 Mbit/s.
    package static let receiveBuffer = 4 << 20

    /// A socket at the address that is needed, a member of its group if it is one.
    package static func open(_ need: SocketNeed) throws(DatagramFailure) -> OwnedDescriptor {
        guard let address = InternetAddress(need.address.description) else {
            throw DatagramFailure("'\(need.address)' is not an address.")
        }
        let isGroup = need.address.isMulticast
        let interface = try self.interface(need.interface)
        do throws(LinuxError) {
            let socket = try UDPSocket.bind(to: address, isShared: isGroup, isForBoth: true)
            if isGroup {
                let source = need.source.flatMap { InternetAddress.Host($0.text) }
                try UDPSocket.join(socket, address.host, at: interface, from: source)
            }
            try UDPSocket.setReceiveBuffer(socket, bytes: self.receiveBuffer)
            if need.isReceiveOnly { UDPSocket.endSending(socket) }
            return socket
        } catch {
            throw DatagramFailure(need.address, error)
        }
    }

    /// Looks a host up, and may wait for that.
    package static func resolve(_ peer: HostPort) throws(DatagramFailure) -> InternetAddress {
        do throws(InternetAddressError) {
            let found = try InternetAddress.resolve(peer.host, port: peer.port)
            // Where both are offered, IPv4 is what appliances are known to listen on.
            guard let address = found.first(where: { !$0.isIPv6 }) ?? found.first else {
                throw InternetAddressError.unresolved(peer.host, reason: "it has no address")
            }
            return address
        } catch {
            throw DatagramFailure("\(error)")
        }
    }

    static func interface(_ spec: InterfaceSpec?) throws(DatagramFailure) -> UDPSocket.Interface? {
        guard let spec else { return nil }
        let found =
            if let address = spec.address, let host = InternetAddress.Host(address.text) {
                UDPSocket.Interface(having: host)
            } else {
                UDPSocket.Interface(named: spec.text)
            }
        guard let found else {
            throw DatagramFailure(
                "No network interface of this machine is '\(spec)' (ip address shows which there are)."
            )
        }
        return found
    }
}

/// Why a UDP socket could not be had, as a sentence that says what to do.
package struct DatagramFailure: StartFailure, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package var exitCode: Int32 { ExitStatus.unavailable }

    package init(_ sentence: String) {
        self.description = sentence
    }

    init(_ address: ListenAddress, _ error: LinuxError) {
        let port = "The UDP port \(address.port)"
        let place = address.isWildcard ? "" : " at \(address.host)"
        self.description =
            if error.isAddressInUse {
                "\(port) is taken by another program\(place): stop it (ss -lunp 'sport = :\(address.port)' shows which), or "
                    + "choose another."
            } else if error.isPermissionDenied {
                "\(port) needs rights this user does not have: choose one from 1024 up."
            } else if error.isAddressUnavailable {
                "'\(address.host)' is not an address of this machine: use 0.0.0.0 for all it has."
            } else if error.isDeviceMissing {
                "The group \(address.host) cannot be joined: the machine has no route for multicast; name an 'interface'."
            } else {
                "\(port) cannot be opened: \(error.reason)."
            }
    }
}

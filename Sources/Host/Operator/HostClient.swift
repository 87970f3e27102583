internal import Linux

/// Asks a running host, one request a connection. Waits for each answer, but not for ever.
package struct HostClient: Sendable {
    /// Where a host is asked.
    package enum Place: Sendable {
        case address(BaseAddress)
        /// The path of its unix socket, whose other end the kernel vouches for.
        case socket(String)

        var name: String {
            switch self {
            case .address(let address): address.description
            case .socket(let path): path
            }
        }
    }

    private let place: Place

    /// For the whole of a request, the looking-up of a name not counted.
    private let timeout: Duration

    package init(_ place: Place, timeout: Duration) {
        self.place = place
        self.timeout = timeout
    }

    package func send(_ request: ClientRequest) throws(ClientError) -> ResponseReader.Response {
        switch self.place {
        case .socket(let path):
            let deadline = MonotonicClock.now.advanced(by: self.timeout)
            return try self.exchange(request.bytes(to: "localhost"), before: deadline) { () throws(LinuxError) in
                try UnixSocket.connect(to: path)
            }
        case .address(let address): return try self.send(request, to: address)
        }
    }

    private func send(
        _ request: ClientRequest,
        to address: BaseAddress
    ) throws(ClientError) -> ResponseReader.Response {
        let targets: [InternetAddress]
        do {
            targets = try InternetAddress.resolve(address.host, port: address.port)
        } catch {
            throw ClientError("\(error)")
        }
        let deadline = MonotonicClock.now.advanced(by: self.timeout)
        var last = ClientError("\(address.host) has no address")
        for target in targets {
            do {
                return try self.exchange(request.bytes(to: address.authority), before: deadline) {
                    () throws(LinuxError) in try TCPSocket.connect(to: target)
                }
            } catch {
                last = error
            }
        }
        throw last
    }

    private func exchange(
        _ bytes: [UInt8],
        before deadline: MonotonicInstant,
        on connect: () throws(LinuxError) -> OwnedDescriptor
    ) throws(ClientError) -> ResponseReader.Response {
        do {
            let socket = try connect()
            var poller = try Poller.make(capacity: 1)
            try poller.add(socket, token: 0, for: .writable)
            try self.wait(&poller, deadline)
            if let error = try TCPSocket.connectionError(of: socket) { throw error }
            var sent = 0
            while sent < bytes.count {
                guard case .transferred(let count) = try TCPSocket.send(bytes, from: sent, to: socket) else {
                    try self.wait(&poller, deadline)
                    continue
                }
                sent += count
            }
            try poller.change(socket, token: 0, for: .readable)
            return try self.receive(from: socket, &poller, deadline)
        } catch let error as ClientError {
            throw error
        } catch let error as LinuxError {
            throw self.failure(error)
        } catch {
            throw ClientError("\(self.place.name) cannot be asked: \(error)")
        }
    }

    private func failure(_ error: LinuxError) -> ClientError {
        let name = self.place.name
        return switch self.place {
        case .address where error.isConnectionRefused:
            ClientError("no transponder answers at \(name): is it running? transponder up starts it")
        case .socket where error.isConnectionRefused || error.isMissing:
            ClientError(
                "no host is running: \(name) was left by one that did not end in good order. Its relays may go on without it; "
                    + "transponder up takes them over"
            )
        case .socket where error.isPermissionDenied:
            ClientError("\(name) is not for this user: run the command as the user whom the host runs as, or as root")
        case .address, .socket: ClientError("\(name) cannot be asked: \(error)")
        }
    }

    private func receive(
        from socket: borrowing OwnedDescriptor,
        _ poller: inout Poller,
        _ deadline: MonotonicInstant
    ) throws -> ResponseReader.Response {
        var reader = ResponseReader()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            switch try TCPSocket.receive(into: &buffer, from: socket) {
            case .transferred(let count):
                if let response = try reader.read(buffer[..<count]) { return response }
            case .wouldBlock: try self.wait(&poller, deadline)
            case .endOfStream: return try reader.end()
            }
        }
    }

    private func wait(_ poller: inout Poller, _ deadline: MonotonicInstant) throws {
        while true {
            let left = MonotonicClock.now.duration(to: deadline)
            guard left > .zero else {
                throw ClientError("\(self.place.name) gave no answer within \(self.timeout.components.seconds) s")
            }
            if try poller.wait(for: left) > 0 { return }
        }
    }
}

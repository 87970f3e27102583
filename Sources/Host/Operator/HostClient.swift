internal import Linux

/// Asks a running host, one request a connection. Waits for each answer, but not for ever.
package struct HostClient: Sendable {
    package let address: BaseAddress

    /// For the whole of a request, the looking-up of a name not counted.
    private let timeout: Duration

    package init(address: BaseAddress, timeout: Duration) {
        self.address = address
        self.timeout = timeout
    }

    package func send(_ request: ClientRequest) throws(ClientError) -> ResponseReader.Response {
        let targets: [InternetAddress]
        do {
            targets = try InternetAddress.resolve(self.address.host, port: self.address.port)
        } catch {
            throw ClientError("\(error)")
        }
        let deadline = MonotonicClock.now.advanced(by: self.timeout)
        var last = ClientError("\(self.address.host) has no address")
        for target in targets {
            do {
                return try self.exchange(request.bytes(to: self.address), with: target, before: deadline)
            } catch {
                last = error
            }
        }
        throw last
    }

    private func exchange(
        _ bytes: [UInt8],
        with target: InternetAddress,
        before deadline: MonotonicInstant
    ) throws(ClientError) -> ResponseReader.Response {
        do {
            let socket = try TCPSocket.connect(to: target)
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
        } catch let error as LinuxError where error.isConnectionRefused {
            throw ClientError("no transponder answers at \(self.address): is it running? transponder up starts it")
        } catch {
            throw ClientError("\(self.address) cannot be asked: \(error)")
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
                throw ClientError("\(self.address) gave no answer within \(self.timeout.components.seconds) s")
            }
            if try poller.wait(for: left) > 0 { return }
        }
    }
}

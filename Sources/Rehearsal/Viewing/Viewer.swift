internal import Linux

/// One connection of a crowd, or the datagrams that are sent to it, or both.
final class Viewer<Session: PlaySession>: CrowdMember {
    let isProbe: Bool
    var watch: ViewerWatch<Session>
    private var connection: Connection?
    private var ports: DatagramPair?
    private var line: Line?
    private var unsent: [UInt8] = []

    /// Where a descriptor without copies can lie in an optional.
    private final class Connection {
        let socket: OwnedDescriptor
        var isWaitingToWrite = true

        init(_ socket: consuming OwnedDescriptor) {
            self.socket = socket
        }
    }

    /// A UDP socket that is connected.
    private final class Line {
        let socket: OwnedDescriptor

        init(_ socket: consuming OwnedDescriptor) {
            self.socket = socket
        }
    }

    /// In the token of a viewer's event: that it is of its datagrams.
    private static var datagramMark: UInt64 { 1 << 32 }

    static func number(in token: UInt64) -> Int { Int(token & (Self.datagramMark - 1)) }

    init(_ session: Session, isProbe: Bool, at now: MonotonicInstant) {
        self.watch = ViewerWatch(session, at: now)
        self.isProbe = isProbe
    }

    var isOpen: Bool { self.connection != nil || self.line != nil }
    var hasOutbox: Bool { !self.watch.session.outbox.isEmpty }

    func connect(
        to endpoint: InternetAddress,
        _ poller: borrowing Poller,
        token: UInt64
    ) throws(LinuxError) {
        switch self.watch.session.path {
        case .connection: break
        case .connectionAndDatagrams:
            let pair = try DatagramPair(isIPv6: endpoint.isIPv6)
            try poller.add(pair.media, token: token | Self.datagramMark, for: .readable)
            self.watch.session.open(at: pair.port)
            self.ports = pair
        case .datagrams:
            let line = Line(try UDPSocket.connect(to: endpoint))
            try UDPSocket.setReceiveBuffer(line.socket, bytes: DatagramPair.room)
            try poller.add(line.socket, token: token | Self.datagramMark, for: .readable)
            self.line = line
            return
        }
        let connection = Connection(try TCPSocket.connect(to: endpoint))
        self.connection = connection
        try poller.add(connection.socket, token: token, for: [.readable, .writable])
    }

    /// Sends what the session has to say, now or as soon as the socket takes it.
    func flush(_ poller: borrowing Poller, token: UInt64) throws(LinuxError) {
        guard let connection = self.connection else { return }
        if connection.isWaitingToWrite, let error = try TCPSocket.connectionError(of: connection.socket) { throw error }
        self.unsent += self.watch.session.outbox
        self.watch.session.outbox = []
        var sent = 0
        while sent < self.unsent.count {
            guard case .transferred(let count) = try TCPSocket.send(self.unsent, from: sent, to: connection.socket)
            else { break }
            sent += count
        }
        self.unsent.removeFirst(sent)
        guard connection.isWaitingToWrite != !self.unsent.isEmpty else { return }
        connection.isWaitingToWrite.toggle()
        let wanted: Poller.Readiness = connection.isWaitingToWrite ? [.readable, .writable] : .readable
        try poller.change(connection.socket, token: token, for: wanted)
    }

    /// Takes what has come. False when nothing more will.
    func receive(_ buffer: inout [UInt8], at now: MonotonicInstant) throws -> Bool {
        guard let connection = self.connection else { return false }
        let count: Int
        switch try TCPSocket.receive(into: &buffer, from: connection.socket) {
        case .transferred(let number): count = number
        case .wouldBlock: return true
        case .endOfStream: return false
        }
        try self.watch.session.receive(buffer.span.extracting(0..<count))
        self.watch.note(bytes: count, at: now)
        return true
    }

    /// Takes the datagrams that have come, as many as one call gives.
    func receiveDatagrams(_ buffer: inout [UInt8], at now: MonotonicInstant) throws {
        guard let received = try self.receiveDatagrams(&buffer), received.segment > 0 else { return }
        for start in stride(from: 0, to: received.bytes, by: received.segment) {
            let end = min(start + received.segment, received.bytes)
            try self.watch.session.receive(datagram: buffer.span.extracting(start..<end))
        }
        self.watch.note(bytes: received.bytes, at: now)
        try self.sendDatagrams()
    }

    private func receiveDatagrams(_ buffer: inout [UInt8]) throws(LinuxError) -> UDPSocket.Received? {
        if let ports = self.ports { return try UDPSocket.receive(into: &buffer, from: ports.media) }
        if let line = self.line { return try UDPSocket.receive(into: &buffer, from: line.socket) }
        return nil
    }

    /// Has the session do what it does from time to time.
    func tick(now: MonotonicInstant) throws {
        try self.watch.session.tick(now: UInt64(clamping: now.nanoseconds / 1000))
        try self.sendDatagrams()
    }

    /// Datagrams that do not go now are lost, as others are.
    private func sendDatagrams() throws(LinuxError) {
        guard let line = self.line, !self.watch.session.datagrams.isEmpty else { return }
        for datagram in self.watch.session.datagrams { _ = try UDPSocket.send(datagram, to: line.socket) }
        self.watch.session.datagrams.removeAll(keepingCapacity: true)
    }

    func close() {
        if let line = self.line, let farewell = self.watch.session.farewell {
            _ = try? UDPSocket.send(farewell, to: line.socket)
        }
        self.connection = nil
        self.ports = nil
        self.line = nil
    }
}

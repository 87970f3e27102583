internal import Linux

/// One connection of a crowd. Belongs to the crowd's thread.
final class Viewer<Session: PlaySession> {
    let isProbe: Bool
    private(set) var outcome = ViewerOutcome()
    private(set) var hasPicture = false
    private let started: MonotonicInstant
    private var connection: Connection?
    private var session: Session
    private var unsent: [UInt8] = []
    private var lastArrival: MonotonicInstant
    private var bytesBefore = 0
    private var advanceBefore: Int64 = 0

    /// Where a descriptor without copies can lie in an optional.
    private final class Connection {
        let socket: OwnedDescriptor
        var isWaitingToWrite = true

        init(_ socket: consuming OwnedDescriptor) {
            self.socket = socket
        }
    }

    init(_ session: Session, isProbe: Bool, at now: MonotonicInstant) {
        self.session = session
        self.isProbe = isProbe
        self.started = now
        self.lastArrival = now
    }

    var isOpen: Bool { self.connection != nil }
    var hasOutbox: Bool { !self.session.outbox.isEmpty }
    var hasStamps: Bool { !self.session.progress.stamps.isEmpty }

    func takeStamps() -> [UInt64] {
        defer { self.session.progress.stamps.removeAll(keepingCapacity: true) }
        return self.session.progress.stamps
    }

    func connect(
        to endpoint: InternetAddress,
        _ poller: borrowing Poller,
        token: UInt64
    ) throws(LinuxError) {
        let connection = Connection(try TCPSocket.connect(to: endpoint))
        self.connection = connection
        try poller.add(connection.socket, token: token, for: [.readable, .writable])
    }

    /// Sends what the session has to say, now or as soon as the socket takes it.
    func flush(_ poller: borrowing Poller, token: UInt64) throws(LinuxError) {
        guard let connection = self.connection else { return }
        if connection.isWaitingToWrite, let error = try TCPSocket.connectionError(of: connection.socket) { throw error }
        self.unsent += self.session.outbox
        self.session.outbox = []
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
        self.outcome.bytes += count
        try self.session.receive(buffer.span.extracting(0..<count))
        if self.hasPicture {
            self.noteSilence(until: now)
        } else if self.session.progress.hasPicture {
            self.hasPicture = true
            let elapsed = MonotonicClock.now.nanoseconds - self.started.nanoseconds
            self.outcome.firstPicture = UInt64(clamping: elapsed / 1000)
        }
        self.lastArrival = now
        return true
    }

    func beginWindow() {
        self.bytesBefore = self.outcome.bytes
        self.outcome.bytesInWindow = 0
        self.advanceBefore = self.session.progress.advance
        self.outcome.advanceInWindow = 0
    }

    func endWindow(at now: MonotonicInstant) {
        guard self.isOpen else { return }
        if self.hasPicture { self.noteSilence(until: now) }
        self.close()
    }

    func end(_ reason: String) {
        self.outcome.end = reason
        self.close()
    }

    private func close() {
        self.outcome.bytesInWindow = self.outcome.bytes - self.bytesBefore
        self.outcome.advanceInWindow = self.session.progress.advance - self.advanceBefore
        self.outcome.gaps = self.session.progress.gaps
        self.outcome.regressions = self.session.progress.regressions
        self.connection = nil
    }

    private func noteSilence(until now: MonotonicInstant) {
        let silence = UInt64(clamping: (now.nanoseconds - self.lastArrival.nanoseconds) / 1000)
        self.outcome.longestSilence = max(self.outcome.longestSilence, silence)
    }
}

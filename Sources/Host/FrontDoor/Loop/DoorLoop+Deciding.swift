import Contract
import Linux
import NIOCore
import Sockets

extension DoorLoop {
    /// Bytes thrown away of a peer that was refused and goes on sending.
    private static let discardLimit = 1 << 20

    func advance(_ connection: DoorConnection, _ readiness: Poller.Readiness) {
        switch connection.phase {
        case .arriving:
            switch connection.entrance {
            case .http: self.look(connection, isLast: !readiness.isDisjoint(with: [.peerClosed, .hungUp, .failed]))
            case .rtmp: self.read(connection)
            case .rtsp: self.readRTSP(connection)
            case .known: break
            }
        case .waiting:
            // Nothing else is awaited: the peer has hung up.
            self.close(connection)
        case .leaving(let discarded):
            self.discard(connection, after: discarded)
        }
    }

    // MARK: HTTP

    func look(_ connection: DoorConnection, isLast: Bool) {
        guard case .http(var entrance) = connection.entrance else { return }
        let seen: ArraySlice<UInt8>
        switch self.peek(connection) {
        case .transferred(let count): seen = self.scratch[..<count]
        case .wouldBlock:
            // A connection that a relay handed back brings its request along.
            guard !entrance.taken.isEmpty else { return }
            seen = []
        case .endOfStream where !entrance.taken.isEmpty: seen = []
        case .endOfStream: return self.close(connection)
        case nil: return
        }
        let step = entrance.look(at: seen)
        connection.entrance = .http(entrance)
        switch step {
        case .more: if isLast { self.close(connection) }
        case .relay(let relay) where self.services.reception.knows(relay):
            connection.seen = Array(seen)
            self.deliver(connection, to: relay)
        case .relay, .host: self.receive(connection)
        case .refuse(let refusal):
            if entrance.taken.isEmpty { self.noteUntrustedProxy(seen, connection) }
            self.refuse(connection, refusal)
        }
    }

    /// The host reads the rest of the request: until it is whole the connection has said nothing yet.
    private func receive(_ connection: DoorConnection) {
        guard !self.isDraining else { return self.refuse(connection, .draining, DoorSentences.draining) }
        self.stopWatching(connection)
        guard let arrival = connection.depart() else { return }
        self.close(connection)
        self.services.ledger.change { $0.received += 1 }
        self.services.reception.receive(arrival)
    }

    // MARK: RTMP

    private func read(_ connection: DoorConnection) {
        guard case .rtmp(var entrance) = connection.entrance else { return }
        switch self.receiveBytes(connection) {
        case .transferred(let count):
            if entrance.isUntouched { self.noteUntrustedProxy(self.scratch[..<count], connection) }
            // The connection lets go of it meanwhile, or all that has come would be copied at every read.
            connection.entrance = .http(HTTPEntrance())
            let step = Result { try entrance.receive(self.scratch[..<count]) }
            connection.entrance = .rtmp(entrance)
            self.perform(step, connection)
        case .wouldBlock, nil: return
        case .endOfStream: self.close(connection)
        }
    }

    private func perform(_ step: Result<RTMPEntrance.Step, any Error>, _ connection: DoorConnection) {
        guard case .success(let step) = step else {
            self.note(.malformed, connection)
            return self.close(connection)
        }
        if step.reply.readableBytes > 0 { connection.hearStep() }
        guard self.send(Array(step.reply.readableBytesView), to: connection) else { return }
        switch step.verdict {
        case .more: break
        case .connect(let app):
            guard let relay = try? RelayName(app), self.services.reception.knows(relay) else {
                return self.refuse(connection, .unknownRelay, DoorSentences.unknownRelay(app, scheme: "rtmp"))
            }
            self.deliver(connection, to: relay)
        case .refuse(let bytes):
            self.note(.malformed, connection)
            self.dismiss(connection, with: Array(bytes.readableBytesView))
        }
    }

    // MARK: RTSP

    private func readRTSP(_ connection: DoorConnection) {
        guard case .rtsp(var entrance) = connection.entrance else { return }
        switch self.receiveBytes(connection) {
        case .transferred(let count):
            if entrance.isUntouched { self.noteUntrustedProxy(self.scratch[..<count], connection) }
            // The connection lets go of it meanwhile, or all that has come would be copied at every read.
            connection.entrance = .http(HTTPEntrance())
            let step = entrance.receive(self.scratch[..<count])
            connection.entrance = .rtsp(entrance)
            self.perform(step, connection)
        case .wouldBlock, nil: return
        case .endOfStream: self.close(connection)
        }
    }

    private func perform(_ step: RTSPEntrance.Step, _ connection: DoorConnection) {
        switch step.verdict {
        case .more:
            if !step.reply.isEmpty { connection.hearStep() }
            _ = self.send(step.reply, to: connection)
        case .relay(let name):
            guard self.send(step.reply, to: connection) else { return }
            guard let relay = try? RelayName(name), self.services.reception.knows(relay) else {
                return self.refuse(connection, .unknownRelay, DoorSentences.unknownRelay(name, scheme: "rtsp"))
            }
            self.deliver(connection, to: relay)
        case .refuse:
            self.note(.malformed, connection)
            self.dismiss(connection, with: step.reply)
        }
    }

    // MARK: Refusing

    /// The time to say whom it is for is up.
    func giveUp(_ connection: DoorConnection) {
        if case .http(let entrance) = connection.entrance, self.hasSpoken(connection) || !entrance.taken.isEmpty {
            return self.refuse(connection, .tooSlow)
        }
        self.note(.slow, connection)
        self.close(connection)
    }

    private func hasSpoken(_ connection: DoorConnection) -> Bool {
        if case .transferred = self.peek(connection) { true } else { false }
    }

    private func refuse(_ connection: DoorConnection, _ refusal: HTTPRefusal) {
        guard case .http(let entrance) = connection.entrance else { return }
        self.note(refusal.reason, connection)
        self.dismiss(connection, with: refusal.bytes(isHead: entrance.isHead))
    }

    func refuse(_ connection: DoorConnection, _ reason: DoorRefusal, _ sentence: String) {
        self.note(reason, sentence)
        self.dismiss(connection, with: connection.refusal(sentence))
    }

    func note(_ reason: DoorRefusal, _ sentence: String) {
        self.services.ledger.note(reason)
        self.report.note(reason, sentence)
    }

    /// Counts one that is closed for what it did, or did not do; the log is not told.
    private func note(_ reason: DoorRefusal, _ connection: DoorConnection) {
        self.note(reason, "")
        switch reason {
        case .malformed: self.services.limiter.note(.malformed, of: connection.handover.stage)
        case .slow: self.services.limiter.note(.tooSlow, of: connection.handover.stage)
        default: break
        }
    }

    /// Says a last word, and closes when the peer has read it: closed at once, with bytes of the peer unread, the kernel
    /// would take the word back.
    private func dismiss(_ connection: DoorConnection, with bytes: [UInt8]) {
        if case .waiting(let relay) = connection.phase { self.leaveWaitingRoom(connection, of: relay) }
        connection.phase = .leaving(discarded: 0)
        guard !bytes.isEmpty else { return self.close(connection) }
        guard self.send(bytes, to: connection) else { return }
        connection.ticket.move(to: .leaving)
        self.transfer(connection) { socket throws(LinuxError) in
            try TCPSocket.shutDownSending(socket)
            return .wouldBlock
        }
        self.watch(connection, for: .readable, isNew: false)
        self.expect(connection, .farewell)
    }

    private func discard(_ connection: DoorConnection, after discarded: Int) {
        guard case .transferred(let count) = self.receiveBytes(connection),
            discarded + count <= Self.discardLimit
        else { return self.close(connection) }
        connection.phase = .leaving(discarded: discarded + count)
    }

    // MARK: The socket

    /// What a call on the connection's socket did; nil when it failed, which ends the connection.
    @discardableResult
    func transfer(
        _ connection: DoorConnection,
        _ call: (borrowing OwnedDescriptor) throws(LinuxError) -> TransferOutcome
    ) -> TransferOutcome? {
        guard let descriptor = connection.descriptor.take() else { return nil }
        do throws(LinuxError) {
            let outcome = try call(descriptor)
            connection.descriptor = consume descriptor
            return outcome
        } catch {
            // A peer that goes away is no news.
            self.close(connection)
            return nil
        }
    }

    private func peek(_ connection: DoorConnection) -> TransferOutcome? {
        self.transfer(connection) { socket throws(LinuxError) in try TCPSocket.peek(into: &self.scratch, at: socket) }
    }

    private func receiveBytes(_ connection: DoorConnection) -> TransferOutcome? {
        self.transfer(connection) { socket throws(LinuxError) in
            try TCPSocket.receive(into: &self.scratch, from: socket)
        }
    }

    /// Sends what a fresh connection has room for; one that has not is closed.
    private func send(_ bytes: [UInt8], to connection: DoorConnection) -> Bool {
        guard !bytes.isEmpty else { return true }
        switch self.transfer(connection, { socket throws(LinuxError) in try TCPSocket.send(bytes, to: socket) }) {
        case .transferred(bytes.count): return true
        case .transferred, .wouldBlock, .endOfStream:
            self.close(connection)
            return false
        case nil: return false
        }
    }

    func stopWatching(_ connection: DoorConnection) {
        guard let number = connection.descriptor?.number else { return }
        // Whoever gets the socket shares the open file: closing ours would not take it out of the set.
        try? self.poller.remove(number: number)
    }
}

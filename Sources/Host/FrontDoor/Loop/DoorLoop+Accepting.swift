import Contract
import Linux
import Logging
import Sockets

extension DoorLoop {
    func listen(_ listener: Listener) {
        guard !self.isDraining else { return }
        let id = self.makeID()
        self.listeners[id] = listener
        if self.resting == nil { self.watch(id, listener) }
    }

    private func watch(_ id: UInt64, _ listener: Listener) {
        do {
            try self.poller.add(listener.descriptor, token: id, for: .readable)
        } catch {
            self.services.log.error("a listener cannot be watched", metadata: ["error": "\(error)"])
        }
    }

    func accept(_ listener: Listener) {
        do {
            for _ in 0..<FrontDoorLimits.acceptsPerRound {
                guard let socket = try TCPSocket.accept(on: listener.descriptor) else { return }
                if self.hasRoom(for: socket) { self.welcome(socket, at: listener.kind) }
            }
        } catch {
            self.services.log.error("cannot accept a connection", metadata: ["error": "\(error)"])
            self.rest()
        }
    }

    private func welcome(_ socket: consuming AcceptedSocket, at kind: DoorProtocol) {
        self.services.ledger.change { $0.accepted[kind.stage, default: 0] += 1 }
        let peer = socket.peer ?? InternetAddress(.anyV4, port: 0)
        let ticket: ConnectionLimiter.Ticket
        do throws(ConnectionLimiter.Full) {
            let elsewhere = self.services.openElsewhere()
            ticket = try self.services.limiter.admit(from: peer.host, kind.stage, elsewhere: elsewhere, now: self.now)
        } catch {
            // Closed without a word: what is over the limit shall cost as little as can be.
            self.note(.total, "too many connections, the last from \(peer.host)")
            return
        }
        guard !self.services.proxies.trusted.trust(peer.host) else {
            return self.services.awaitProxy(socket.release(), from: peer, at: kind, ticket, since: self.now)
        }
        let arrival = Arrival(
            descriptor: socket.release(),
            known: PendingConnection(Handover(stage: kind.stage, peer: "\(peer)", isSecure: kind.isSecure)),
            ticket: ticket,
            since: self.now
        )
        guard !kind.isSecure else { return self.services.secure(arrival) }
        arrival.makeRoom()
        self.admit(arrival)
    }

    /// Starts to find out whom a connection is for.
    func admit(_ arrival: consuming Arrival) {
        let connection = self.add(arrival)
        switch connection.entrance {
        case .http:
            // Reported once for what has arrived and again for what comes: bytes that are looked at stay where they are.
            self.watch(connection, for: [.readable, .peerClosed, .edgeTriggered], isNew: true)
            self.expect(connection, .head)
        case .rtmp, .rtsp:
            self.watch(connection, for: [.readable, .peerClosed], isNew: true)
            self.expect(connection, .decision)
        case .known: break
        }
        if self.isDraining { return self.refuse(connection, .draining, DoorSentences.draining) }
        // Nothing more may come of a request that was read before.
        if case .http(let entrance) = connection.entrance, !entrance.taken.isEmpty {
            self.look(connection, isLast: false)
        }
    }

    /// Goes on with a connection whose relay died before it answered: whom it is for is known.
    func resume(_ arrival: consuming Arrival, for relay: RelayName) {
        let connection = self.add(arrival, isKnown: true)
        self.deliver(connection, to: relay)
    }

    /// Whether a connection may stay. Where few descriptors are left, one that says nothing is closed for it; where there is
    /// none, it goes itself: better told than left hanging.
    private func hasRoom(for socket: borrowing AcceptedSocket) -> Bool {
        guard OpenFileLimit.isReserved(socket.descriptor), !self.services.limiter.makeRoom(now: self.now) else {
            return true
        }
        self.note(.descriptors, "too many files are open: raise the limit with ulimit -n")
        return false
    }

    /// Leaves connections in the kernel's queue for a moment.
    private func rest() {
        guard self.resting == nil else { return }
        self.resting = self.now.advanced(by: FrontDoorLimits.respite)
        for listener in self.listeners.values { try? self.poller.remove(listener.descriptor) }
    }

    func goOnAccepting() {
        self.resting = nil
        for (id, listener) in self.listeners { self.watch(id, listener) }
    }
}

import Contract
import Linux
import Sockets

extension DoorLoop {
    /// Offers a connection to its relay; one that is not taken waits.
    func deliver(_ connection: DoorConnection, to relay: RelayName) {
        guard !self.isDraining else { return self.refuse(connection, .draining, DoorSentences.draining) }
        guard !self.offer(connection, to: relay) else { return }
        connection.phase = .waiting(relay)
        self.setRoom(self.waiting[relay, default: []] + [connection.id], of: relay)
        connection.ticket.move(to: .waiting)
        self.expect(connection, .wait)
    }

    /// The relay may be ready now: those who wait are offered to it, first come first served.
    func retry(_ relay: RelayName) {
        let isKnown = self.services.reception.knows(relay)
        for id in self.waiting[relay] ?? [] {
            guard let connection = self.connections[id] else { continue }
            guard isKnown else {
                let sentence = DoorSentences.unknownRelay(relay.rawValue, scheme: connection.handover.stage.rawValue)
                self.refuse(connection, .unknownRelay, sentence)
                continue
            }
            guard self.offer(connection, to: relay) else { return }
        }
    }

    /// - Returns: false if the relay is not ready; the connection is then watched for its end alone.
    private func offer(_ connection: DoorConnection, to relay: RelayName) -> Bool {
        self.stopWatching(connection)
        guard let arrival = connection.depart() else { return true }
        if let refused = self.services.reception.deliver(arrival, to: relay) {
            connection.descriptor = refused.release()
            self.watch(connection, for: .peerClosed, isNew: true)
            return connection.descriptor == nil
        }
        self.services.ledger.change { $0.handedOver[connection.handover.stage, default: 0] += 1 }
        self.close(connection)
        return true
    }

    func leaveWaitingRoom(_ connection: DoorConnection, of relay: RelayName) {
        self.setRoom((self.waiting[relay] ?? []).filter { $0 != connection.id }, of: relay)
    }

    private func setRoom(_ room: [UInt64], of relay: RelayName) {
        self.waiting[relay] = room.isEmpty ? nil : room
        self.services.ledger.change { $0.waiting[relay] = room.isEmpty ? nil : room.count }
    }
}

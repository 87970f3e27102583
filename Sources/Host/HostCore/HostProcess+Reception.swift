internal import Contract
internal import FrontDoor
internal import Linux
internal import Supervisor
internal import Synchronization

/// On the front door's thread: nothing here waits.
extension HostProcess: Reception {
    func knows(_ relay: RelayName) -> Bool { self.state.withLock { $0.relays.contains(relay) } }

    func deliver(_ arrival: consuming Arrival, to relay: RelayName) -> Arrival? {
        let (known, ticket, since) = (arrival.known, arrival.ticket, arrival.since)
        let back = self.supervisor.deliver(arrival.release(), known, to: relay)
        guard let descriptor = back else { return nil }
        return Arrival(descriptor: descriptor, known: known, ticket: ticket, since: since)
    }

    func receive(_ arrival: consuming Arrival) {
        self.hostDesk?.serve(arrival)
    }
}

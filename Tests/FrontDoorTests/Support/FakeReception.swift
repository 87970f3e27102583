import Contract
import FrontDoor
import Linux
import Synchronization
import Toolkit

/// A host that takes what it is given and remembers it.
final class FakeReception: Reception {
    struct State: Sendable {
        var known: Set<RelayName> = []
        var ready: Set<RelayName> = []
        var delivered: [Guest] = []
        var received: [Guest] = []
        /// Offers, taken or not.
        var offers = 0
    }

    let observed: Observed<State>

    init(known: Set<RelayName>, ready: Set<RelayName>) {
        self.observed = Observed(State(known: known, ready: ready))
    }

    func knows(_ relay: RelayName) -> Bool { self.observed.state.known.contains(relay) }

    func deliver(_ arrival: consuming Arrival, to relay: RelayName) -> Arrival? {
        let isReady = self.observed.change { state in
            state.offers += 1
            return state.ready.contains(relay)
        }
        guard isReady else { return arrival }
        let guest = Guest(arrival)
        self.observed.change { $0.delivered.append(guest) }
        return nil
    }

    func receive(_ arrival: consuming Arrival) {
        let guest = Guest(arrival)
        self.observed.change { $0.received.append(guest) }
    }

    func delivered(_ count: Int = 1) async throws -> [Guest] {
        try await self.observed.wait(for: "\(count) handed over") { $0.delivered.count >= count }
        return self.observed.state.delivered
    }

    func received(_ count: Int = 1) async throws -> [Guest] {
        try await self.observed.wait(for: "\(count) for the host") { $0.received.count >= count }
        return self.observed.state.received
    }
}

/// A connection that was handed over.
final class Guest: Sendable {
    let handover: Handover
    let payload: [UInt8]
    let since: MonotonicInstant
    let takenAt = MonotonicClock.now
    private let descriptor: Mutex<OwnedDescriptor?>

    init(_ arrival: consuming Arrival) {
        self.handover = arrival.handover
        self.payload = arrival.payload
        self.since = arrival.since
        self.descriptor = Mutex(arrival.release())
    }

    func take() -> OwnedDescriptor? { self.descriptor.withLock { $0.take() } }

    /// What the socket holds now, without waiting.
    func pending() throws -> [UInt8] {
        try self.descriptor.withLock { held in
            guard let descriptor = held.take() else { return [] }
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let outcome = try TCPSocket.receive(into: &bytes, from: descriptor)
            held = consume descriptor
            guard case .transferred(let count) = outcome else { return [] }
            return Array(bytes[..<count])
        }
    }

    func send(_ text: String) throws {
        try self.descriptor.withLock { held in
            guard let descriptor = held.take() else { return }
            _ = try TCPSocket.send(Array(text.utf8), to: descriptor)
            held = consume descriptor
        }
    }

    /// As a relay does whose connection has a request for somebody else.
    func giveBack(to door: FrontDoor, payload: [UInt8]) {
        guard let descriptor = self.take() else { return }
        door.readmit(descriptor, self.handover, payload: payload)
    }

    func close() { _ = self.take() }
}

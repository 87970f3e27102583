package import Contract
package import FrontDoor
package import Linux
import Sockets
import Synchronization
package import Toolkit

/// A host that takes what it is given and remembers it.
package final class FakeReception: Reception {
    package struct State: Sendable {
        package var known: Set<RelayName> = []
        package var ready: Set<RelayName> = []
        package var delivered: [Guest] = []
        package var received: [Guest] = []
        /// Offers, taken or not.
        package var offers = 0
    }

    package let observed: Observed<State>

    package init(known: Set<RelayName>, ready: Set<RelayName>) {
        self.observed = Observed(State(known: known, ready: ready))
    }

    package func knows(_ relay: RelayName) -> Bool { self.observed.state.known.contains(relay) }

    package func deliver(_ arrival: consuming Arrival, to relay: RelayName) -> Arrival? {
        let isReady = self.observed.change { state in
            state.offers += 1
            return state.ready.contains(relay)
        }
        guard isReady else { return arrival }
        let guest = Guest(arrival)
        self.observed.change { $0.delivered.append(guest) }
        return nil
    }

    package func receive(_ arrival: consuming Arrival) {
        let guest = Guest(arrival, keepsPlace: true)
        self.observed.change { $0.received.append(guest) }
    }

    package func delivered(_ count: Int = 1) async throws -> [Guest] {
        try await self.observed.wait(for: "\(count) handed over") { $0.delivered.count >= count }
        return self.observed.state.delivered
    }

    package func received(_ count: Int = 1) async throws -> [Guest] {
        try await self.observed.wait(for: "\(count) for the host") { $0.received.count >= count }
        return self.observed.state.received
    }
}

/// A connection that was handed over.
package final class Guest: Sendable {
    package let handover: Handover
    package let payload: [UInt8]
    package let seen: [UInt8]
    package let losses: Int
    package let since: MonotonicInstant
    package let takenAt = MonotonicClock.now
    private let descriptor: Mutex<OwnedDescriptor?>
    private let ticket: ConnectionLimiter.Ticket?

    /// - Parameters:
    ///   - arrival: the connection.
    ///   - keepsPlace: whether it stays among the host's own, as those do that relays do not get.
    package init(_ arrival: consuming Arrival, keepsPlace: Bool = false) {
        self.ticket = keepsPlace ? arrival.ticket : nil
        self.handover = arrival.handover
        self.payload = arrival.payload
        self.seen = arrival.known.seen
        self.losses = arrival.known.losses
        self.since = arrival.since
        self.descriptor = Mutex(arrival.release())
    }

    package func take() -> OwnedDescriptor? { self.descriptor.withLock { $0.take() } }

    /// What the socket holds now, without waiting.
    package func pending() throws -> [UInt8] {
        try self.descriptor.withLock { held in
            guard let descriptor = held.take() else { return [] }
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let outcome = try TCPSocket.receive(into: &bytes, from: descriptor)
            held = consume descriptor
            guard case .transferred(let count) = outcome else { return [] }
            return Array(bytes[..<count])
        }
    }

    package func send(_ text: String) throws { _ = try self.sendSome(text) }

    /// Sends as much as goes now, and says how much that was.
    package func sendSome(_ text: String) throws -> Int {
        try self.descriptor.withLock { held in
            guard let descriptor = held.take() else { return 0 }
            let outcome = try TCPSocket.send(Array(text.utf8), to: descriptor)
            held = consume descriptor
            guard case .transferred(let count) = outcome else { return 0 }
            return count
        }
    }

    /// As a relay does whose connection has a request for somebody else.
    package func giveBack(to door: FrontDoor, payload: [UInt8]) {
        guard let descriptor = self.take() else { return }
        door.readmit(descriptor, self.handover, payload: payload)
    }

    /// As a host does whose relay has died before it answered; what it had read is `payload`.
    package func resume(at door: FrontDoor, payload: [UInt8], losses: Int) throws {
        guard let descriptor = self.take() else { throw Gone() }
        door.resume(descriptor, PendingConnection(self.handover, payload: payload, losses: losses), for: Entrance.live)
    }

    /// The connection as a test's own, which waits.
    package func socket() throws -> Socket {
        guard let descriptor = self.take() else { throw Gone() }
        return Socket(takingOwnership: descriptor.release())
    }

    /// Somebody has taken the connection before.
    package struct Gone: Error {}

    package func close() { _ = self.take() }
}

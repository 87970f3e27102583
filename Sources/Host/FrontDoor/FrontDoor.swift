package import Contract
internal import Glibc
package import Linux
package import Logging
package import Sockets
import Synchronization

/// The host's listeners: takes connections, finds out which relay each is for, and gives it away with the bytes that
/// were read on the way. After that the host is out of the way.
///
/// It keeps its reception alive until ``stop()``.
package final class FrontDoor: Sendable {
    private let inbox: DoorInbox
    private let ledger = DoorLedger()
    private let limiter: ConnectionLimiter
    private let thread: WorkerThread
    private let terminator: TLSTerminator
    private let proxies: ProxyEntrance
    private let openElsewhere: @Sendable () -> Int
    private let openListener: OpenListener

    /// Opens a listener for an address of the configuration at that address or, where it had one before, at the one that the
    /// kernel chose then.
    package typealias OpenListener =
        @Sendable (_ wanted: ListenAddress, _ address: ListenAddress, WireProtocol) throws(LinuxError) ->
        OwnedDescriptor

    /// A listener: what was asked for, and what it got.
    private struct Place: Sendable {
        let wanted: ListenAddress
        let bound: ListenAddress
    }

    private let listeners = Mutex<[DoorProtocol: [Place]]>([:])

    /// - Parameters:
    ///   - reception: the host, kept until ``stop()``.
    ///   - limits: what strangers may cost.
    ///   - openConnections: how many connections relays have; they count against the total. Asked for every connection
    ///     that is accepted, on the front door's thread.
    ///   - open: opens listeners.
    ///   - log: tells at most once a second that connections were refused, and never of probes.
    /// - Throws: where the system has no thread or descriptor left.
    package init(
        reception: any Reception,
        limits: FrontDoorLimits = FrontDoorLimits(),
        openConnections: @escaping @Sendable () -> Int = { 0 },
        open: @escaping OpenListener = { (_, address, _) throws(LinuxError) in try FrontDoor.listener(at: address) },
        log: Logger
    ) throws(LinuxError) {
        self.openListener = open
        self.inbox = try DoorInbox()
        self.openElsewhere = openConnections
        self.limiter = ConnectionLimiter(limits: limits.connections)
        let terminator = TLSTerminator(
            TLSTerminator.Services(limits: limits, ledger: self.ledger, inbox: self.inbox, log: log)
        )
        self.terminator = terminator
        let proxies = ProxyEntrance(timeout: limits.decision)
        self.proxies = proxies
        let poller = try Poller.make()
        try poller.add(self.inbox.event.descriptor, token: DoorLoop.Token.wake, for: .readable)
        let transfer = Transfer(poller)
        let services = DoorLoop.Services(
            reception: reception,
            limits: limits,
            limiter: self.limiter,
            ledger: self.ledger,
            inbox: self.inbox,
            openElsewhere: openConnections,
            secure: { arrival in terminator.welcome(arrival) },
            proxies: proxies,
            log: log
        )
        self.thread = try WorkerThread(name: "front-door") {
            guard let poller = transfer.open() else { return }
            DoorLoop(services, poller: poller).run()
        }
    }

    deinit {
        self.inbox.post(.stop)
    }

    /// Other limits for those who come from now on.
    package func use(_ limits: FrontDoorLimits) {
        self.limiter.setLimits(limits.connections)
    }

    /// Believes these on where connections come from, from now on; they have to say it.
    package func trust(_ proxies: [NetworkPrefix]) throws(LinuxError) {
        try self.proxies.use(proxies)
    }

    /// Shows these certificates at listeners with TLS from now on; nil shows none and turns everybody away. Connections that
    /// are open go on.
    ///
    /// - Throws: What is wrong with the files; what was shown before is then shown on.
    package func use(_ tls: TLSSpec?) throws {
        try self.terminator.use(tls)
    }

    /// Opens listeners, in place of what that protocol had before; those that are wanted again are not disturbed, and
    /// connections that were accepted at others go on. Where one cannot be opened, what was there before is there again.
    ///
    /// - Returns: where each really listens: port 0 lets the kernel choose.
    @discardableResult
    package func listen(
        _ protocol: WireProtocol,
        on addresses: [ListenAddress]
    ) throws(ListenFailure) -> [ListenAddress] {
        guard let kind = DoorProtocol(`protocol`) else {
            guard let address = addresses.first else { return [] }
            throw ListenFailure(name: `protocol`.rawValue, address: address, code: EPROTONOSUPPORT)
        }
        let before = self.listeners.withLock { $0[kind] ?? [] }
        let kept = before.filter { addresses.contains($0.wanted) }
        self.inbox.request { .stopListening(kind, keeping: Set(kept.map(\.bound)), $0) }
        do throws(ListenFailure) {
            let fresh = addresses.filter { address in !kept.contains { $0.wanted == address } }
            let opened = try self.open(kind, fresh.map { ($0, $0) })
            let now = addresses.compactMap { address in (kept + opened).first { $0.wanted == address } }
            self.listeners.withLock { $0[kind] = now }
            return now.map(\.bound)
        } catch {
            // The kernel gives the same port again to the one who has just left it.
            let closed = before.filter { place in !kept.contains { $0.wanted == place.wanted } }
            let again = closed.compactMap { try? self.open(kind, [($0.wanted, $0.bound)]).first }
            self.listeners.withLock { $0[kind] = kept + again }
            throw error
        }
    }

    /// Listens at an address.
    package static func listener(at address: ListenAddress) throws(LinuxError) -> OwnedDescriptor {
        guard let address = try? InternetAddress(parsing: address.description) else {
            throw LinuxError("bind", code: EADDRNOTAVAIL)
        }
        return try TCPSocket.listen(on: address)
    }

    /// Opens all of them or none.
    private func open(
        _ kind: DoorProtocol,
        _ places: [(wanted: ListenAddress, address: ListenAddress)]
    ) throws(ListenFailure) -> [Place] {
        var opened: [(place: Place, transfer: Transfer<OwnedDescriptor>)] = []
        for (wanted, address) in places {
            do {
                let listener = try self.openListener(wanted, address, kind.wire)
                let bound = try ListenAddress("\(TCPSocket.localAddress(of: listener))")
                opened.append((Place(wanted: wanted, bound: bound), Transfer(listener)))
            } catch {
                throw ListenFailure(name: kind.name, address: address, code: (error as? LinuxError)?.code ?? 0)
            }
        }
        for (place, transfer) in opened { self.inbox.post(.listen(kind, place.bound, transfer)) }
        return opened.map(\.place)
    }

    /// Where a protocol is listened for now.
    package func listening(_ protocol: WireProtocol) -> [ListenAddress] {
        guard let kind = DoorProtocol(`protocol`) else { return [] }
        return self.listeners.withLock { $0[kind] ?? [] }.map(\.bound)
    }

    /// Closes the listeners of a protocol; returns once that is done. Connections that were accepted there go on.
    package func stopListening(_ protocol: WireProtocol) {
        guard let kind = DoorProtocol(`protocol`) else { return }
        self.listeners.withLock { $0[kind] = nil }
        self.inbox.request { .stopListening(kind, keeping: [], $0) }
    }

    /// The relay may have become ready, or is not wanted any more: those who wait for it are offered to it, or told.
    package func retry(_ relay: RelayName) {
        self.inbox.post(.retry(relay))
    }

    /// Takes back an HTTP connection whose next request is not for the relay that had it.
    package func readmit(_ descriptor: consuming OwnedDescriptor, _ handover: Handover, payload: [UInt8]) {
        guard handover.stage == .http, payload.count <= ControlLimits.payload else {
            self.limiter.note(.malformed, of: handover.stage)
            return self.ledger.note(.malformed)
        }
        guard let arrival = self.place(descriptor, PendingConnection(handover, payload: payload), "gave back") else {
            return
        }
        self.ledger.change { $0.readmitted += 1 }
        self.inbox.post(.admit(Transfer(arrival)))
    }

    /// Takes back a connection whose relay died before it answered; it waits for the next instance as one does that has
    /// just come.
    package func resume(_ descriptor: consuming OwnedDescriptor, _ known: PendingConnection, for relay: RelayName) {
        guard let arrival = self.place(descriptor, known, "left when it died") else { return }
        self.ledger.change { $0.resumed += 1 }
        self.inbox.post(.resume(Transfer(arrival), relay))
    }

    /// A connection that a relay had, with its place among the host's; nil where there is none.
    private func place(
        _ descriptor: consuming OwnedDescriptor,
        _ known: PendingConnection,
        _ what: String
    ) -> Arrival? {
        let host = known.handover.countedHost
        do throws(ConnectionLimiter.Full) {
            let ticket = try self.limiter.admit(from: host, known.handover.stage, elsewhere: self.openElsewhere())
            return Arrival(descriptor: descriptor, known: known, ticket: ticket, since: MonotonicClock.now)
        } catch {
            let sentence = "a connection that a relay \(what) goes over the limits, the last from \(host)"
            self.inbox.post(.refused(.total, sentence))
            return nil
        }
    }

    /// When the front door's thread last came round, which it does at least once in ``DoorLoop/longestWait``.
    package var lastRound: MonotonicInstant { self.ledger.beat.last }

    /// When the thread that ends TLS last came round; nil while there is none.
    package var lastTLSRound: MonotonicInstant? { self.terminator.lastRound }

    package var snapshot: DoorSnapshot {
        var snapshot = self.ledger.snapshot
        snapshot.admission = self.limiter.snapshot
        snapshot.undecided = snapshot.admission.undecided.values.reduce(0, +)
        let certificate = self.terminator.firstToExpire
        snapshot.certificateExpires = certificate?.expires
        snapshot.certificateName = certificate?.name
        return snapshot
    }

    /// Closes the listeners and refuses those who wait; returns once that is done. What was handed over goes on, also
    /// through TLS.
    package func drain() {
        self.inbox.request { .drain($0) }
    }

    /// As ``drain()``, and then ends everything. Waits for those who were refused to read why, for as long as
    /// ``FrontDoorLimits/farewell`` says. Not for the front door's own thread, nor for one that has to go on meanwhile.
    package func stop() {
        self.inbox.post(.stop)
        self.proxies.stop()
        self.thread.join()
        self.terminator.stop()
    }
}

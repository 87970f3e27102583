package import Contract
package import Linux
package import Logging
package import Sockets

/// The host's listeners: takes connections, finds out which relay each is for, and gives it away with the bytes that
/// were read on the way. After that the host is out of the way.
///
/// It keeps its reception alive until ``stop()``.
package final class FrontDoor: Sendable {
    private let inbox: DoorInbox
    private let ledger = DoorLedger()
    private let gate: ConnectionGate
    private let thread: WorkerThread
    private let terminator: TLSTerminator
    private let openElsewhere: @Sendable () -> Int

    /// - Parameters:
    ///   - reception: the host, kept until ``stop()``.
    ///   - limits: what strangers may cost.
    ///   - openConnections: how many connections relays have; they count against the total. Asked for every connection
    ///     that is accepted, on the front door's thread.
    ///   - log: tells at most once a second that connections were refused, and never of probes.
    /// - Throws: where the system has no thread or descriptor left.
    package init(
        reception: any Reception,
        limits: FrontDoorLimits = FrontDoorLimits(),
        openConnections: @escaping @Sendable () -> Int = { 0 },
        log: Logger
    ) throws(LinuxError) {
        self.inbox = try DoorInbox()
        self.openElsewhere = openConnections
        self.gate = ConnectionGate(limits: limits.gate)
        let terminator = TLSTerminator(
            TLSTerminator.Services(limits: limits, ledger: self.ledger, inbox: self.inbox, log: log)
        )
        self.terminator = terminator
        let poller = try Poller.make()
        try poller.add(self.inbox.event.descriptor, token: DoorLoop.Token.wake, for: .readable)
        let transfer = Transfer(poller)
        let services = DoorLoop.Services(
            reception: reception,
            limits: limits,
            gate: self.gate,
            ledger: self.ledger,
            inbox: self.inbox,
            openElsewhere: openConnections,
            secure: { arrival in terminator.welcome(arrival) },
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
        self.gate.setLimits(limits.gate)
    }

    /// Shows this certificate at listeners with TLS from now on; nil shows none and turns everybody away. Connections that
    /// are open go on.
    ///
    /// - Throws: What is wrong with the files; what was shown before is then shown on.
    package func use(_ tls: TLSSpec?) throws {
        try self.terminator.use(tls)
    }

    /// Opens a listener, in place of what that protocol had before.
    ///
    /// - Returns: where it really listens: port 0 lets the kernel choose.
    package func listen(
        _ kind: DoorProtocol,
        on address: ListenAddress
    ) throws(ListenFailure) -> ListenAddress {
        do {
            self.stopListening(kind)
            let wanted = try InternetAddress(parsing: address.description)
            let listener = try TCPSocket.listen(on: wanted)
            let bound = try ListenAddress("\(TCPSocket.localAddress(of: listener))")
            self.inbox.post(.listen(kind, Transfer(listener)))
            return bound
        } catch {
            throw ListenFailure(name: kind.rawValue, address: address, code: (error as? LinuxError)?.code ?? 0)
        }
    }

    /// Closes a listener; returns once that is done. Connections that were accepted there go on.
    package func stopListening(_ kind: DoorProtocol) {
        self.inbox.request { .stopListening(kind, $0) }
    }

    /// The relay may have become ready, or is not wanted any more: those who wait for it are offered to it, or told.
    package func retry(_ relay: RelayName) {
        self.inbox.post(.retry(relay))
    }

    /// Takes back an HTTP connection whose next request is not for the relay that had it.
    package func readmit(_ descriptor: consuming OwnedDescriptor, _ handover: Handover, payload: [UInt8]) {
        guard handover.stage == .http, payload.count <= ControlLimits.payload else {
            self.gate.note(.malformed, of: handover.stage)
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
        let host = (try? InternetAddress(parsing: known.handover.peer))?.host ?? .anyV4
        do throws(ConnectionGate.Full) {
            let ticket = try self.gate.place(for: host, known.handover.stage, elsewhere: self.openElsewhere())
            return Arrival(descriptor: descriptor, known: known, ticket: ticket, since: MonotonicClock.now)
        } catch {
            let sentence = "a connection that a relay \(what) goes over the limits, the last from \(host)"
            self.inbox.post(.refused(.total, sentence))
            return nil
        }
    }

    /// When the front door's thread last came round, which it does at least once in ``DoorLoop/longestWait``.
    package var lastRound: MonotonicInstant { self.ledger.beat.last }

    package var snapshot: DoorSnapshot {
        var snapshot = self.ledger.snapshot
        snapshot.admission = self.gate.snapshot
        snapshot.undecided = snapshot.admission.undecided.values.reduce(0, +)
        snapshot.certificateExpires = self.terminator.expires
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
        self.thread.join()
        self.terminator.stop()
    }
}

import Admission
import Contract
import DatagramService
import Fanout
import Linux
import Logging
import Sessions
import Sockets
import Streams
import Synchronization

/// Going on with publishers of an instance that is dead.
extension RelayServer {
    /// Makes what publishers are received into who outlive the instance.
    static func intakeMemory(
        for keeper: DescriptorKeeper,
        from hub: StreamHub
    ) -> @Sendable () -> IntakeMemory? {
        {
            // Without it a publisher ends with this instance.
            guard let account = hub.answer(for: IntakeMemory.size) else { return nil }
            return try? IntakeMemory.make(keeper: keeper, account: account)
        }
    }

    /// The same for sources by UDP.
    static func sourceMemory(
        for keeper: DescriptorKeeper,
        from hub: StreamHub
    ) -> @Sendable () -> DatagramMemory? {
        {
            guard let account = hub.answer(for: DatagramMemory.size) else { return nil }
            return try? DatagramMemory.make(keeper: keeper, account: account)
        }
    }

    /// The same for publishers by RTSP that send datagrams.
    static func recordingMemory(
        for keeper: DescriptorKeeper,
        from hub: StreamHub
    ) -> @Sendable () -> DatagramMemory? {
        {
            guard let account = hub.answer(for: DatagramMemory.size) else { return nil }
            return try? DatagramMemory.make(keeper: keeper.recordings, account: account)
        }
    }

    /// Publishers that send datagrams. Those that cannot be gone on with are cut, and call again.
    func resumeRecordings(_ left: inout Left, _ keeper: DescriptorKeeper) {
        var connections = left.recorders
        // Of two that had one stream, one after the other, the second has the higher number.
        for heirloom in left.recordings.sorted(by: { $0.stored.number > $1.stored.number }) {
            var sentence: String? = "Its stream cannot be gone on with where it was."
            do throws(IntakeMemory.Refusal) {
                guard let memory = heirloom.descriptor.take() else { continue }
                let standing = try DatagramMemory.attach(
                    memory,
                    keptAs: heirloom.stored.number,
                    keeper: keeper.recordings,
                    account: self.services.admission.hub.answer(forUseOf: DatagramMemory.size)
                )
                for service in self.connections.withLock({ $0.values }) where sentence != nil {
                    let isGoingOn = service.resume(standing, by: &left.kept, on: self.group) { number in
                        connections.removeValue(forKey: number).flatMap { self.adopt($0) }
                    }
                    if isGoingOn { sentence = nil }
                }
            } catch {
                sentence = error.sentence
            }
            guard let sentence else { continue }
            self.services.log.warning(
                "publisher by datagrams cut at the end of the relay's last instance; it may call again",
                metadata: ["sentence": "\(sentence)"]
            )
            keeper.forget(heirloom.stored.number)
        }
        for (number, heirloom) in connections {
            if let connection = heirloom.descriptor.take() { TCPSocket.hangUp(connection) }
            keeper.forget(number)
        }
    }

    /// Nil where the relay has no place for it.
    private func adopt(_ heirloom: Inheritance.Heirloom) -> KeptConnection? {
        guard let handover = heirloom.handover, let progress = SocketProgress(of: heirloom.descriptor),
            let connection = heirloom.descriptor.take()
        else { return nil }
        guard let ticket = try? self.limiter.admit(from: handover.countedHost, handover.stage) else {
            TCPSocket.hangUp(connection)
            return nil
        }
        let socket = AdoptedSocket(connection, peer: handover.address, ticket: ticket)
        return KeptConnection(socket: socket, progress: progress, number: heirloom.stored.number)
    }

    /// Sources that cannot be gone on with begin anew.
    func resumeSources(_ sources: [(Inheritance.Heirloom, name: String)], _ keeper: DescriptorKeeper) {
        for (heirloom, name) in sources {
            let sentence: String?
            do throws(IntakeMemory.Refusal) {
                guard let memory = heirloom.descriptor.take(), let name = try? StreamName(name) else { continue }
                let standing = try DatagramMemory.attach(
                    memory,
                    keptAs: heirloom.stored.number,
                    keeper: keeper,
                    account: self.services.admission.hub.answer(forUseOf: DatagramMemory.size)
                )
                sentence =
                    self.sources.resume(name, standing) ? nil : "Its stream cannot be gone on with where it was."
            } catch {
                sentence = error.sentence
            }
            guard let sentence else { continue }
            self.services.log.warning(
                "source begins anew at the end of the relay's last instance",
                metadata: ["stream": "\(TypedName.quoted(name))", "sentence": "\(sentence)"]
            )
            keeper.forget(heirloom.stored.number)
        }
    }

    /// Those that cannot be gone on with are cut, and call again.
    func resumePublishers(
        _ publishers: [(Inheritance.Heirloom, memory: UInt64)],
        _ intakes: [UInt64: Inheritance.Heirloom],
        _ keeper: DescriptorKeeper
    ) {
        var unused = Set(intakes.keys)
        // Of two that had one stream, one after the other, the second has the higher number.
        for (heirloom, memory) in publishers.sorted(by: { $0.0.stored.number > $1.0.stored.number }) {
            unused.remove(memory)
            guard let sentence = self.resume(heirloom, receivedInto: intakes[memory], keeper) else { continue }
            self.services.log.warning(
                "publisher cut at the end of the relay's last instance; it may call again",
                metadata: ["peer": "\(heirloom.handover?.address.description ?? "")", "sentence": "\(sentence)"]
            )
            if let connection = heirloom.descriptor.take() { TCPSocket.hangUp(connection) }
            keeper.forget(KeptIntake(connection: heirloom.stored.number, memory: memory))
        }
        for number in unused { keeper.forget(number) }
    }

    /// - Returns: why it cannot be gone on with; nil if it is.
    private func resume(
        _ heirloom: Inheritance.Heirloom,
        receivedInto intake: Inheritance.Heirloom?,
        _ keeper: DescriptorKeeper
    ) -> String? {
        guard let intake, let memory = intake.descriptor.take(), let handover = heirloom.handover,
            let progress = SocketProgress(of: heirloom.descriptor)
        else { return "What it sent was not kept." }
        let standing: IntakeMemory.Standing
        do {
            standing = try IntakeMemory.attach(
                memory,
                kept: KeptIntake(connection: heirloom.stored.number, memory: intake.stored.number),
                progress: progress,
                keeper: keeper,
                account: self.services.admission.hub.answer(forUseOf: IntakeMemory.size)
            )
        } catch {
            return error.sentence
        }
        guard let ticket = try? self.limiter.admit(from: handover.countedHost, handover.stage),
            let service = self.connections.withLock({ $0[handover.stage] }),
            let connection = heirloom.descriptor.take()
        else { return "The relay has no place for it." }
        let socket = AdoptedSocket(connection, peer: handover.address, ticket: ticket)
        guard service.resume(socket, standing, on: self.group) else {
            socket.close()
            return "Its stream cannot be gone on with where it was."
        }
        return nil
    }
}

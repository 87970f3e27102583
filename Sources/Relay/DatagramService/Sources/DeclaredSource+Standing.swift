import Admission
import Contract
import Fanout
import Linux
import Logging
import Media
import NIOCore
import Sessions
import Streams
import Synchronization

/// A source that outlives the process which reads it. Each datagram is kept before anything comes of it, and from time to time it
/// is written down where the reader stands: whoever follows reads again what came behind that. Those that came meanwhile are in
/// the host's socket.
extension DeclaredSource {
    fileprivate struct Standing: Codable {
        /// What the configuration said of it.
        let description: String
        let peer: String
        let session: DatagramSession.Standing
        let program: StreamStanding
    }

    /// Goes on with a source of a process that is dead.
    ///
    /// - Returns: false if that cannot be.
    func resume(_ left: DatagramMemory.Standing) -> Bool {
        let now = SystemClock.now
        let (spec, timeout) = (self.state.withLock { $0.spec }, self.services.spec.sourceTimeout)
        guard let standing = StandingText.read(left.state, as: Standing.self),
            standing.description == DatagramSession.description(of: spec.source),
            let session = DatagramSession(resuming: standing.session, spec, timeout: timeout, log: self.log)
        else { return false }
        let admission = PublisherAdmission(
            self.services.admission,
            kind: .rtp,
            clock: .unbounded,
            peer: standing.peer,
            log: self.log
        )
        guard let onAir = admission.resume(standing.program, of: self.name, onEvicted: { _ in }) else { return false }
        let isSame = self.state.withLock { state in
            state.session = session
            state.onAir = onAir
            for datagram in left.datagrams { state.repeatReading(datagram) }
            state.session?.endRepeating(now: now.monotonic)
            state.memory = left.memory
            left.memory.endRepeating()
            return onAir.endRepeating(now: now)
        }
        self.log.notice(
            "source goes on over the end of the relay's last instance",
            metadata: ["datagrams": "\(left.datagrams.count)", "break": "\(!isSame)"]
        )
        return true
    }
}

extension DeclaredSource.State {
    /// Has datagrams outlive the process, if the source does; a stranger's are no part of it.
    func keep(_ datagrams: [DeclaredSource.Datagram], at place: DeclaredSource.Place, _ now: Now) {
        guard let memory = self.memory, let port = place.number, let session = self.session else { return }
        for datagram in datagrams where session.isOfSender(datagram.sender) {
            memory.append(
                KeptDatagram(
                    sender: "\(datagram.sender)",
                    port: port,
                    at: now.monotonic,
                    wall: now.wall,
                    bytes: datagram.bytes
                )
            )
        }
    }

    /// Writes down where the reader stands, if it is time and anybody could go on from here.
    func writeCheckpoint(_ now: Now) {
        guard let memory = self.memory, memory.isDue(now: now.monotonic), let onAir = self.onAir,
            let description = DatagramSession.description(of: self.spec.source),
            let session = self.session?.standing, let program = onAir.standing
        else { return }
        let standing = DeclaredSource.Standing(
            description: description,
            peer: program.source.address,
            session: session,
            program: program
        )
        guard let text = StandingText.write(standing) else { return }
        memory.write(text, of: self.spec.name.rawValue, now: now.monotonic)
    }

    /// The source is off air: nobody goes on with it.
    mutating func endMemory() { self.memory.take()?.forget() }

    /// Reads what another process has read. As far as it can be it comes to the same: at the times at which it came.
    mutating func repeatReading(_ datagram: KeptDatagram) {
        guard let sender = InternetAddress(datagram.sender) else { return }
        let place = DeclaredSource.Place(number: datagram.port)
        let now = Now(monotonic: datagram.at, wall: datagram.wall)
        if let deadline = self.session?.deadline, deadline <= now.monotonic {
            let events = self.session?.tick(now: now) ?? []
            if !events.isEmpty { _ = self.onAir?.publish(events, now: now) }
        }
        let arrival = self.session?.receive(
            datagram.bytes,
            from: sender,
            media: place.media,
            isReports: place.isReports,
            now: now
        )
        guard let arrival, arrival.verdict != .foreign, !arrival.events.isEmpty else { return }
        _ = self.onAir?.publish(arrival.events, now: now)
    }
}

extension DeclaredSource.Place {
    /// Nil where it is beyond what is counted.
    fileprivate var number: UInt16? { UInt16(exactly: 2 * self.media + (self.isReports ? 1 : 0)) }

    fileprivate init(number: UInt16) {
        self.init(media: Int(number / 2), isReports: number % 2 == 1)
    }
}

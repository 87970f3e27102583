import Admission
import Contract
import Fanout
import Logging
import NIOCore
import Sessions
import Streams
import Synchronization
import Wire

extension RTSPPublisher {
    /// Where a publisher stands between two messages, written down for the process that goes on with it.
    struct Standing: Codable, Sendable {
        let stream: StreamName
        private let encoder: String?
        private let description: String
        private let session: RTSPServerSession.Standing
        private let receiver: RTPReceiver.Standing
        private let transport: TransportStreamReader.Standing
        let program: StreamStanding
        /// When, µs monotonic.
        let at: Int64
        let strayTold: UInt64

        /// Nil while nobody could go on with the stream.
        init?(
            _ session: RTSPServerSession.Standing,
            _ receiver: RTPReceiver.Standing,
            _ transport: TransportStreamReader.Standing,
            _ onAir: OnAir,
            _ announcement: RTSPAnnouncement,
            strayTold: UInt64,
            at now: Int64
        ) {
            guard let program = onAir.standing else { return nil }
            self.stream = onAir.stream.path.stream
            self.encoder = announcement.request.encoder
            self.description = announcement.text
            self.session = session
            self.receiver = receiver
            self.transport = transport
            self.program = program
            self.at = now
            self.strayTold = strayTold
        }

        /// What was announced; nil if that cannot have been.
        var announcement: RTSPAnnouncement? {
            RTSPAnnouncement(resuming: self.description, as: self.stream, encoder: self.encoder)
        }

        /// Nil if no publisher of that can have stood so.
        func parts(
            _ announcement: RTSPAnnouncement,
            log: Logger
        ) -> (RTSPServerSession, RTPReceiver, TransportStreamReader)? {
            guard let session = RTSPServerSession(resuming: self.session, configuration: RTSPSessionConfiguration()),
                let receiver = RTPReceiver(
                    resuming: self.receiver,
                    announcement.description,
                    configuration: RTSPAnnouncement.configuration
                ), let transport = TransportStreamReader(resuming: self.transport, log: log)
            else { return nil }
            return (session, receiver, transport)
        }
    }

    /// What of a publisher concerns the death of its process.
    ///
    /// Whoever goes on with it answers again what was answered behind the checkpoint, and leaves out as many bytes as the peer has
    /// been sent by then. Reports are due when their time has come, so they are sent at checkpoints, as the first that stands behind
    /// them, and nowhere else.
    struct Outliving {
        /// When a checkpoint was last made, µs monotonic.
        private var checkpoint: Int64?
        /// What the process before this one had received is received again, and this is when it stood where it goes on.
        private var repeating: Int64?
        private var owesReport = false

        /// Reports wait no longer for a checkpoint, µs: there may be none any more.
        private static let patience: Int64 = 10_000_000

        init() {}

        init(repeating: Int64) {
            self.repeating = repeating
            self.owesReport = true
        }

        /// Whether reports are sent at checkpoints.
        var isAtCheckpoints: Bool { self.checkpoint != nil || self.repeating != nil }

        /// The time, or the one nearest to that at which the bytes came that are received again: of what comes of them nothing may
        /// be otherwise than it was.
        func time(_ now: Now) -> Now {
            self.repeating.map { Now(monotonic: $0, wall: now.wall) } ?? now
        }

        /// Whether the report is due that stood behind the checkpoint; once.
        mutating func takeReportToRepeat() -> Bool {
            defer { self.owesReport = false }
            return self.owesReport
        }

        /// Bytes have come, of which there is a checkpoint or none.
        mutating func note(checkpoint hasOne: Bool, now: Int64) {
            if hasOne {
                self.checkpoint = now
            } else if let last = self.checkpoint, now - last > Self.patience {
                self.checkpoint = nil
            }
        }

        mutating func endRepeating() {
            self.repeating = nil
            self.owesReport = false
        }
    }

    // MARK: Checkpoints

    func receivedToCheckpoint(_ bytes: ByteBuffer) -> (IntakeAnswer, IntakeCheckpoint?) {
        self.state.withLock { state in
            var turn = Turn()
            var place: (standing: Standing, bytesBehind: Int, replied: Int)?
            let now = SystemClock.now
            var events = state.session.receiveNext(bytes)
            while let next = events {
                self.perform(next, &state, &turn)
                if turn.answer.releases {
                    state.left += state.session.receive(ByteBuffer())
                    break
                }
                if place == nil, !turn.answer.closes { place = self.place(&state, &turn, now: now) }
                events = state.session.receiveNext()
            }
            self.deliver(&turn, &state)
            state.outlives.note(checkpoint: place != nil, now: now.monotonic)
            if !state.outlives.isAtCheckpoints { self.report(&turn, &state, now: now) }
            let repliesBehind = turn.answer.reply.readableBytes - (place?.replied ?? 0)
            let checkpoint = place.map { place in
                IntakeCheckpoint(bytesBehind: place.bytesBehind, repliesBehind: repliesBehind) {
                    StandingText.write(place.standing)
                }
            }
            return (turn.answer, checkpoint)
        }
    }

    /// Where it stands now, if anybody could go on from here: neither in the midst of a message nor of an access unit. Then what
    /// comes next is a report, if one is due.
    private func place(
        _ state: inout State,
        _ turn: inout Turn,
        now: Now
    ) -> (standing: Standing, bytesBehind: Int, replied: Int)? {
        guard let receiver = state.receiver.standing, let transport = state.transport.standing,
            let session = state.session.standing, let onAir = state.onAir
        else { return nil }
        self.deliver(&turn, &state)
        let standing = Standing(
            session,
            receiver,
            transport,
            onAir,
            self.announcement,
            strayTold: state.strayTold,
            at: now.monotonic
        )
        guard let standing else { return nil }
        let replied = turn.answer.reply.readableBytes
        self.report(&turn, &state, now: now)
        return (standing, state.session.unreadBytes, replied)
    }

    /// Where it stands where its packets come as datagrams, if anybody could go on from here.
    func standing(_ now: Now) -> Standing? {
        self.state.withLock { state in
            guard state.session.unreadBytes == 0, let receiver = state.receiver.standing,
                let transport = state.transport.standing, let session = state.session.standing,
                let onAir = state.onAir
            else { return nil }
            return Standing(
                session,
                receiver,
                transport,
                onAir,
                self.announcement,
                strayTold: state.strayTold,
                at: now.monotonic
            )
        }
    }

    func caughtUp() -> IntakeAnswer {
        self.state.withLock { state in
            state.outlives.endRepeating()
            guard let onAir = state.onAir else { return IntakeAnswer() }
            let isSame = onAir.endRepeating(now: SystemClock.now)
            self.admission.log.notice(
                "publisher goes on over the end of the relay's last instance",
                metadata: ["stream": "\(onAir.stream.path)", "break": "\(!isSame)"]
            )
            return IntakeAnswer()
        }
    }
}

import Admission
import Contract
import Fanout
import Logging
import Sessions
import Streams
import Wire

extension RTMPPublisher {
    /// Where a publisher stands between two messages, written down for the process that goes on with it.
    struct Standing: Codable, Sendable {
        let stream: StreamName
        let encoder: String?
        let session: RTMPServerSession.Standing
        let publication: RTMPPublication.Standing
        let program: StreamStanding
    }

    var canOutliveProcess: Bool { true }

    /// Nil while nobody could go on from here.
    func checkpoint(of state: borrowing State) -> IntakeCheckpoint? {
        guard let (session, bytesBehind) = state.session.standing, let publication = state.publication,
            let standing = publication.standing, let program = publication.onAir.standing
        else { return nil }
        let whole = Standing(
            stream: publication.onAir.stream.path.stream,
            encoder: self.encoder,
            session: session,
            publication: standing,
            program: program
        )
        return IntakeCheckpoint(bytesBehind: bytesBehind) { StandingText.write(whole) }
    }
}

extension RTMPPublication {
    struct Standing: Codable, Sendable {
        fileprivate let decoder: MediaTagDecoder.Standing
        fileprivate let told: UInt64
    }

    /// Nil while something waits for the message behind it.
    var standing: Standing? { self.decoder.standing.map { Standing(decoder: $0, told: self.told) } }

    init?(resuming standing: Standing, onAir: OnAir, log: Logger) {
        guard let decoder = MediaTagDecoder(resuming: standing.decoder) else { return nil }
        self.init(onAir: onAir, log: log)
        self.decoder = decoder
        self.told = standing.told
    }
}

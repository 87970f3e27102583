package import NIOCore
import Wire

/// Shakes hands with an RTMP peer and reads up to its `connect`. What came behind the handshake is kept as it came and
/// answered by nobody: the relay does that.
package struct RTMPEntrance: Sendable {
    package enum Verdict: Hashable, Sendable {
        case more
        /// The peer wants this application; empty if it named none.
        case connect(app: String)
        /// The peer is sent away with these bytes.
        case refuse(ByteBuffer)
    }

    /// Bytes to send now, and then what is known of the peer.
    package struct Step: Hashable, Sendable {
        package var reply = ByteBuffer()
        package var verdict = Verdict.more
    }

    /// More bytes than ``FrontDoorLimits/rtmpBytes`` came and no `connect`.
    package struct TooManyBytes: Error, Hashable, Sendable {}

    /// C0, C1 and C2 (RTMP 1.0 section 5.2).
    package static let handshakeBytes = 1 + 2 * 1536

    private var session: RTMPServerSession
    private var handshakeLeft = Self.handshakeBytes

    /// What came behind the handshake.
    package private(set) var payload: [UInt8] = []

    /// Whether anything came at all.
    package var isUntouched: Bool { self.handshakeLeft == Self.handshakeBytes }

    /// The nonce is a random number, another for each peer.
    package init(nonce: UInt64) {
        self.session = RTMPServerSession(configuration: RTMPSessionConfiguration(), nonce: nonce)
    }

    /// Takes what was read. After an error the connection is to be closed.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) throws -> Step {
        var step = Step()
        let greeting = bytes.prefix(self.handshakeLeft)
        if !greeting.isEmpty {
            self.handshakeLeft -= greeting.count
            for case .send(let answer) in try self.session.receive(ByteBuffer(bytes: greeting)) {
                step.reply.writeImmutableBuffer(answer)
            }
        }
        let rest = bytes.dropFirst(greeting.count)
        guard !rest.isEmpty else { return step }
        self.payload += rest
        step.verdict = self.verdict(on: try self.session.receive(ByteBuffer(bytes: rest)))
        if case .more = step.verdict, self.payload.count > FrontDoorLimits.rtmpBytes { throw TooManyBytes() }
        return step
    }

    /// Answers to pings and the like are left out: the relay gives them when it reads the same bytes.
    private func verdict(on events: [RTMPServerEvent]) -> Verdict {
        var answers = ByteBuffer()
        for event in events {
            switch event {
            case .send(let bytes): answers.writeImmutableBuffer(bytes)
            case .connect(let request): return .connect(app: request.app)
            case .close: return .refuse(answers)
            case .publish, .play, .message, .pause, .stopped: break
            }
        }
        return .more
    }

    /// The answer to `connect` that sends the peer away: `NetConnection.Connect.Rejected` and a sentence.
    package mutating func refusal(_ sentence: String) -> ByteBuffer {
        var answer = ByteBuffer()
        for case .send(let bytes) in self.session.rejectConnect(description: sentence) {
            answer.writeImmutableBuffer(bytes)
        }
        return answer
    }
}

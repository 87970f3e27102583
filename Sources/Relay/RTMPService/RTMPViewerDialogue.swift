import Fanout
import NIOCore
import Wire

/// What an RTMP player still says while it plays: acknowledgements, pings, pause, the end.
struct RTMPViewerDialogue: ViewerDialogue {
    private var session: RTMPServerSession

    init(session: RTMPServerSession) {
        self.session = session
    }

    /// One that another process had with a player; nil if that cannot be.
    init?(behind checkpoint: ByteBuffer, _ configuration: RTMPSessionConfiguration) {
        let nonce = UInt64.random(in: .min ... .max)
        guard let session = RTMPServerSession(player: checkpoint, configuration: configuration, nonce: nonce) else {
            return nil
        }
        self.session = session
    }

    var checkpoint: ByteBuffer? { self.session.player }

    mutating func received(_ bytes: ByteBuffer) -> [ViewerRequest] {
        do throws(RTMPError) {
            return try self.session.receive(bytes).compactMap(Self.request)
        } catch {
            return [.close]
        }
    }

    private static func request(_ event: RTMPServerEvent) -> ViewerRequest? {
        switch event {
        case .send(let bytes): .reply(bytes)
        case .pause(let isPaused): isPaused ? .pause : .resume
        case .stopped, .close: .close
        // A player cannot become something else in the middle of a stream.
        case .publish, .play, .connect: .close
        case .message: nil
        }
    }
}

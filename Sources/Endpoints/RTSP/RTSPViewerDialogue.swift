import Fanout
import NIOCore
import Wire

/// What an RTSP player still says over its connection while it plays: keep-alives, receiver reports, pause, the end.
struct RTSPViewerDialogue: ViewerDialogue {
    private var session: RTSPServerSession

    init(session: RTSPServerSession) {
        self.session = session
    }

    mutating func received(_ bytes: ByteBuffer) -> [ViewerRequest] {
        self.session.receive(bytes).compactMap(Self.request)
    }

    private static func request(_ event: RTSPServerEvent) -> ViewerRequest? {
        switch event {
        case .send(let bytes): .reply(bytes)
        case .pause(let isPaused): isPaused ? .pause : .resume
        case .teardown, .close: .close
        // Refused by the session while it plays.
        case .describe, .announce, .setup, .play, .record: .close
        case .packet: nil
        }
    }
}

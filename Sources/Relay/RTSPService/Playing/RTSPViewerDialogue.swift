import Fanout
import Foundation
import NIOCore
import Wire

/// What an RTSP player still says over its connection while it plays: keep-alives, receiver reports, pause, the end. What it
/// wants beyond that, it asks where it came from.
struct RTSPViewerDialogue: ViewerDialogue {
    private(set) var session: RTSPServerSession
    /// What is to be done for it once the engine has released its connection.
    private(set) var left: [RTSPServerEvent] = []

    init(session: RTSPServerSession) {
        self.session = session
    }

    /// One that another process had with a viewer.
    init?(from standing: String, isPaused: Bool) {
        guard let playing = try? JSONDecoder().decode(RTSPServerSession.Playing.self, from: Data(standing.utf8)),
            let session = RTSPServerSession(
                resuming: playing,
                isPaused: isPaused,
                configuration: RTSPSessionConfiguration(),
                nonce: .random(in: .min ... .max)
            ), session.setups.values.allSatisfy({ $0.interleaved != nil })
        else { return nil }
        self.session = session
    }

    var standing: String? {
        guard let playing = self.session.playing, let text = try? JSONEncoder().encode(playing) else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    mutating func received(_ bytes: ByteBuffer) -> [ViewerRequest] {
        var events = self.session.receive(bytes)[...]
        var requests: [ViewerRequest] = []
        while let event = events.popFirst() {
            switch event {
            case .send(let bytes): requests.append(.reply(bytes))
            case .pause(let isPaused): requests.append(isPaused ? .pause : .resume)
            case .close: requests.append(.close)
            case .packet: continue
            // Sessions of other connections are sent datagrams, which nobody says here.
            case .control: events += self.session.denyControl()
            // The session is over, or its tracks are set up anew after a pause: from here on the connection is another's.
            case .teardown, .describe, .announce, .setup, .play, .record:
                self.left = [event] + events
                return requests + [.release]
            }
        }
        return requests
    }
}

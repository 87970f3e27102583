import Contract
import Fanout
import Linux
import NIOCore
import Sessions
import Streams
import Wire

/// What an RTSP player says over its connection while it is sent datagrams. Nothing of a tape goes by the connection.
struct RTSPDatagramDialogue: ViewerDialogue {
    private(set) var session: RTSPServerSession
    /// What is to be done for it once the engine has released its connection.
    private(set) var left: [RTSPServerEvent] = []
    let playback: RTSPPlayback
    private let service: RTSPService
    private let host: InternetAddress.Host

    init(_ session: RTSPServerSession, _ playback: RTSPPlayback, of host: InternetAddress.Host, _ service: RTSPService)
    {
        self.session = session
        self.playback = playback
        self.host = host
        self.service = service
    }

    /// What another process has to know to go on with it; nil where it is not kept.
    var card: [UInt8]? {
        guard let card = self.playback.watched?.card, let session = self.session.playing else { return nil }
        return RTSPConnectionCard(card, session).bytes
    }

    mutating func received(_ bytes: ByteBuffer) -> [ViewerRequest] {
        self.playback.heard(self.service.services.clock().monotonic)
        var events = self.session.receive(bytes)[...]
        var requests: [ViewerRequest] = []
        while let event = events.popFirst() {
            switch event {
            case .send(let bytes): requests.append(.reply(bytes))
            // Of its datagrams; its connection carries nothing that could pause.
            case .pause(let isPaused): self.playback.pause(isPaused)
            case .close: requests.append(.close)
            case .packet: continue
            case .control(let request):
                let isDone = self.service.playbacks.control(
                    request,
                    of: self.service.services.spec.name,
                    from: self.host
                )
                events += isDone ? self.session.acceptControl() : self.session.denyControl()
            // The session is over, or its tracks are set up anew after a pause: from here on the connection is another's.
            case .teardown, .describe, .announce, .setup, .play, .record:
                if case .teardown = event {
                    self.service.playbacks.remove(self.playback)
                    self.playback.end()
                }
                self.left = [event] + events
                return requests + [.release]
            }
        }
        return requests
    }
}

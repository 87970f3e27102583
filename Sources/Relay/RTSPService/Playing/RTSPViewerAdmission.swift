import Admission
import Contract
import Linux
import Streams
import Wire

/// What the peer of a connection may watch. It is asked once for each stream: players show their token when they ask for
/// the description, and not again.
struct RTSPViewerAdmission {
    let name: StreamName
    let stream: Streams.Stream
    let identity: ViewerIdentity

    /// Who was let in before.
    init(_ card: RTSPPlaybackCard, _ stream: Streams.Stream) {
        self.name = card.stream
        self.stream = stream
        self.identity = card.identity
    }

    /// Lets in whoever shows a venue's token, in the address or as the password of any user.
    init(
        _ admission: RelayAdmission,
        _ address: RTSPAddress,
        _ credentials: RTSPCredentials?
    ) throws(PlayDenial) {
        self.name = try address.stream(of: admission.spec.name).toPlay()
        let token = address.query["token"]
        if let credentials, token == nil {
            self.identity = try admission.identify(knowing: { credentials.show(password: $0.revealed) })
        } else {
            self.identity = try admission.identify(token: token)
        }
        self.stream = try admission.hub.streamToPlay(self.name, now: SystemClock.now)
    }

    /// A request to be sent a format of the stream. RTSP's viewers keep their place, whatever they wait for: a stream is
    /// known before it is played.
    func request(_ format: WireFormat) -> PlayRequest {
        PlayRequest(self.name, by: .rtsp, as: format, self.identity)
    }
}

extension RTSPAddress {
    /// The stream of a relay that it means.
    func stream(of relay: RelayName) -> StreamAddress {
        StreamAddress(relay: self.relay, stream: self.stream, of: relay, by: .rtsp)
    }
}

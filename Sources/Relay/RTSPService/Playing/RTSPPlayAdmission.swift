import Contract
import Logging
import Streams
import Wire

/// Who may watch what, asked once for each stream of a connection: players show their token when they ask for the
/// description and not again.
struct RTSPPlayAdmission {
    /// Somebody who may watch a stream.
    struct Admission {
        let name: StreamName
        let stream: Streams.Stream
        let identity: ViewerIdentity
    }

    let services: RelayServices

    /// Lets whoever shows a venue's token in, in the address or as a password of any user.
    func admit(_ address: RTSPAddress, _ credentials: RTSPCredentials?) throws(PlayDenial) -> Admission {
        let spec = self.services.spec
        let name = try PlayGuard.name(address, of: spec.name)
        let identity: ViewerIdentity
        if let credentials, address.query["token"] == nil {
            let venue = try PlayGuard(spec).admit(knowing: { credentials.show(password: $0.revealed) })
            identity = ViewerIdentity(venue: venue?.name, token: venue?.token.revealed)
        } else {
            let token = address.query["token"]
            identity = ViewerIdentity(venue: try PlayGuard(spec).admit(token: token), token: token)
        }
        let stream = try self.services.hub.streamToPlay(name, now: SystemClock.now)
        return Admission(name: name, stream: stream, identity: identity)
    }
}

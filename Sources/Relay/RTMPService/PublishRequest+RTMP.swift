import Admission
import Contract
import Streams
import Wire

extension PublishRequest {
    /// What an RTMP publisher asks for. Who has logged in has shown the key as password.
    init(_ request: RTMPPublishRequest, encoder: String?, of relay: RelayName) {
        self.init(
            stream: Result { () throws(PublishDenial) in
                try StreamAddress(relay: request.app, stream: request.stream, of: relay, by: .rtmp).toPublish()
            },
            key: request.query["key"],
            isAuthenticated: request.user != nil,
            encoder: encoder
        )
    }
}

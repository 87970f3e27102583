import Contract
import Streams

extension PublishGuard {
    /// The stream a publisher means.
    static func name(app: String, stream: String, of relay: RelayName) throws(PublishDenial) -> StreamName {
        switch RTMPAddress.read(app: app, stream: stream, of: relay) {
        case .stream(let name): return name
        case .otherRelay(let sentence): throw PublishDenial(.unknownRelay, sentence)
        case .badName(let sentence): throw PublishDenial(.badName, sentence)
        }
    }
}

extension PlayGuard {
    /// The stream a player means.
    static func name(app: String, stream: String, of relay: RelayName) throws(PlayDenial) -> StreamName {
        switch RTMPAddress.read(app: app, stream: stream, of: relay) {
        case .stream(let name): return name
        case .otherRelay(let sentence): throw PlayDenial(.unknownRelay, sentence)
        case .badName(let sentence): throw PlayDenial(.badName, sentence)
        }
    }
}

package import Contract
package import Streams

/// Which stream of a relay the two parts of an address mean.
package enum StreamAddress: Hashable, Sendable {
    case stream(StreamName)
    case otherRelay(sentence: String)
    case badName(sentence: String)

    /// - Parameters:
    ///   - asked: the address's relay.
    ///   - stream: the address's stream.
    ///   - relay: the relay that is asked.
    ///   - kind: the protocol, whose form of address a bad one is answered with; nil: none is shown.
    package init(relay asked: String, stream: String, of relay: RelayName, by kind: WireProtocol? = nil) {
        guard relay.isSame(as: asked) else {
            self = .otherRelay(sentence: "There is no relay \(RelayName.asked(asked)) here; this one is '\(relay)'.")
            return
        }
        do {
            self = .stream(try StreamName(stream))
        } catch {
            let form = kind.map { " The address is \($0.rawValue)://HOST/\(relay)/STREAM." } ?? ""
            self = .badName(sentence: "\(error)\(form)")
        }
    }

    /// The stream that a publisher means.
    package func toPublish() throws(PublishDenial) -> StreamName {
        switch self {
        case .stream(let name): return name
        case .otherRelay(let sentence): throw PublishDenial(.unknownRelay, sentence)
        case .badName(let sentence): throw PublishDenial(.badName, sentence)
        }
    }

    /// The stream that a player means.
    package func toPlay() throws(PlayDenial) -> StreamName {
        switch self {
        case .stream(let name): return name
        case .otherRelay(let sentence): throw PlayDenial(.unknownRelay, sentence)
        case .badName(let sentence): throw PlayDenial(.badName, sentence)
        }
    }
}

package import Contract
package import Relay

/// Who may publish: whoever shows the relay's key, wherever the encoder lets a person type it.
package struct PublishGuard: Sendable {
    private let key: Secret?

    package init(_ spec: RelaySpec) {
        self.key = spec.publishKey
    }

    /// Lets whoever presents the right key in. The key is `key` of the query of the stream's name, of `app` or of `tcUrl`.
    package func admit(key presented: String?) throws(PublishDenial) {
        guard let key = self.key else {
            throw PublishDenial(.wrongKey, "This relay has no publish key, so nobody can publish to it.")
        }
        guard let presented, !presented.isEmpty else {
            throw PublishDenial(
                .noKey,
                "The stream key is missing: write it behind the stream's name as NAME?key=SECRET."
            )
        }
        guard key.matches(presented) else {
            throw PublishDenial(.wrongKey, "The key is not this relay's; compare it with the one the relay printed.")
        }
    }
}

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

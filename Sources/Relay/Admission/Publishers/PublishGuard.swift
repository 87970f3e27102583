package import Contract
package import Streams

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

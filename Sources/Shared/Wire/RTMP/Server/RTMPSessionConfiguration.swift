/// What all server sessions of a listener share.
package struct RTMPSessionConfiguration: Hashable, Sendable {
    package var limits = RTMPLimits()

    /// Bytes of a message between two chunk headers, in what this side sends. Large, so that a message is one chunk and
    /// its bytes need no second look.
    package var chunkSize = 60_000

    /// Bytes after which the peer shall acknowledge, and after which it is acknowledged unless it asks otherwise.
    package var window: UInt32 = 2_500_000

    /// Set where encoders log in with a user and a password. Only those that bring no `key` are asked.
    package var authentication: AdobeAuthentication?

    package init() {}
}

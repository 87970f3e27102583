package import Contract
import Synchronization

/// One viewer that was let in and stays connected. It counts towards the limit until this goes.
package final class ViewerSession: Sendable {
    package let number: UInt64
    package let stream: StreamName
    package let kind: ViewerProtocol
    package let identity: ViewerIdentity
    private let audience: Audience
    private let ending = Mutex<(bytes: UInt64, skips: UInt64, isStalled: Bool)>((0, 0, false))

    init(_ number: UInt64, stream: StreamName, kind: ViewerProtocol, _ identity: ViewerIdentity, audience: Audience) {
        self.identity = identity
        self.number = number
        self.stream = stream
        self.kind = kind
        self.audience = audience
    }

    /// How logs name what it watches.
    package var shownStream: String { self.audience.naming(self.stream) }

    /// Lets the figures ask what the viewer was sent so far, and others end it, for as long as this is held.
    package func follow(_ connection: ViewerConnection) {
        self.audience.follow(self, connection)
    }

    /// What the viewer had when it ended.
    package func close(bytes: UInt64, skips: UInt64, isStalled: Bool) {
        self.ending.withLock { $0 = (bytes, skips, isStalled) }
    }

    deinit {
        let ending = self.ending.withLock { $0 }
        self.audience.leave(self, bytes: ending.bytes, skips: ending.skips, isStalled: ending.isStalled)
    }
}

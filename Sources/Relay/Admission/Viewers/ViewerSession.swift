package import Contract
package import Streams
import Synchronization

/// One viewer that was let in and stays connected. It counts towards the limit until this goes.
package final class ViewerSession: Sendable {
    package let number: UInt64
    package let stream: StreamName
    package let kind: ViewerProtocol
    package let identity: ViewerIdentity
    private let audience: Audience
    /// Since when it might have a picture; nil where it has, or where nobody counts.
    private let expected = Mutex<Instant?>(nil)
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

    /// From now on there might be a picture for it.
    func expectPicture(since now: Now) { self.expected.withLock { $0 = Instant(now) } }

    /// Its first picture is on its way to it.
    package func start(now: Now = SystemClock.now) {
        guard let since = self.expected.withLock({ $0.take() }) else { return }
        self.audience.note(firstPicture: Instant(now) - since, of: self)
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

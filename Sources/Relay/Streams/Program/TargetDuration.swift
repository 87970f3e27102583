import Synchronization

/// `EXT-X-TARGETDURATION` of a stream's playlists, in whole seconds: settled by the first who asks, and the same for as long
/// as anybody may hold a playlist.
///
/// Neither who asks nor who publishes waits for the other. The publisher offers what it would promise after every batch, and
/// cuts segments by what was settled from the next batch on. One batch may so be cut by an older offer; a playlist tells a
/// segment that became longer by the duration it has.
package final class TargetDuration: Sendable {
    /// In the word beside the number of seconds.
    private static let isSettled: UInt64 = 1 << 63

    private let word: Atomic<UInt64>
    /// When it was last asked for, µs monotonic.
    private let lastAsked = Mutex<Int64?>(nil)

    package init(offer seconds: Int) {
        self.word = Atomic(UInt64(clamping: seconds))
    }

    /// What playlists are to say.
    package func settle(now: Int64) -> Int {
        self.lastAsked.withLock { $0 = now }
        let before = self.word.bitwiseOr(Self.isSettled, ordering: .acquiringAndReleasing).oldValue
        return Self.seconds(before)
    }

    /// What playlists say, or would say if somebody asked; settles nothing.
    var seconds: Int { Self.seconds(self.word.load(ordering: .acquiring)) }

    /// The publisher: offers a duration.
    ///
    /// - Returns: what was settled instead; nil where the offer stands.
    package func offer(_ seconds: Int) -> Int? {
        var known = self.word.load(ordering: .acquiring)
        while known & Self.isSettled == 0 {
            let exchange = self.word.weakCompareExchange(
                expected: known,
                desired: UInt64(clamping: seconds),
                ordering: .acquiringAndReleasing
            )
            if exchange.exchanged { return nil }
            known = exchange.original
        }
        return Self.seconds(known)
    }

    /// Whether somebody has asked within `span` µs.
    package func isHeld(within span: Int64, now: Int64) -> Bool {
        self.lastAsked.withLock { $0.map { now - $0 <= span } } ?? false
    }

    /// Nobody holds a playlist any more; the next offer stands until somebody asks.
    package func forget() {
        self.word.bitwiseAnd(~Self.isSettled, ordering: .acquiringAndReleasing)
    }

    private static func seconds(_ word: UInt64) -> Int { Int(word & ~Self.isSettled) }
}

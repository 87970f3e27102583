import FoundationEssentials
import Linux
package import Streams

/// The machine's two clocks, read together.
package enum SystemClock {
    package static var now: Now {
        Now(
            monotonic: MonotonicClock.now.nanoseconds / 1000,
            wall: Int64(Date().timeIntervalSince1970 * 1_000_000)
        )
    }
}

import Linux
package import Streams

/// The machine's two clocks, read together.
package enum SystemClock {
    package static var now: Now {
        Now(
            monotonic: MonotonicClock.now.nanoseconds / 1000,
            wall: WallClock.nanoseconds / 1000
        )
    }
}

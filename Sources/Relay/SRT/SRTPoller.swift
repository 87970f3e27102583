internal import CSRT

/// Tells which sockets have something to do (srt_epoll_uwait(3)). Any thread may add and remove while one waits.
///
/// It looks every few milliseconds and does not wait inside libsrt, which has one condition for all that wait and wakes
/// them with every acknowledgement that any socket of the program receives: with a hundred viewers ten thousand times a
/// second. And even with nothing to do it wakes every 10 ms.
package final class SRTPoller: Sendable {
    private let number: Int32

    private init(number: Int32) {
        self.number = number
    }

    deinit {
        srt_epoll_release(self.number)
    }

    package static func make() throws(SRTFailure) -> SRTPoller {
        try SRTLibrary.start()
        let number = try SRTFailure.check(srt_epoll_create(), "srt_epoll_create")
        // Nothing to wait for is no error.
        srt_epoll_set(number, Int32(bitPattern: SRT_EPOLL_ENABLE_EMPTY.rawValue))
        return SRTPoller(number: number)
    }

    /// From now on tells when there is something to accept or to receive, and when it has ended.
    package func add(_ socket: SRTSocket) throws(SRTFailure) {
        var events = Int32(bitPattern: SRT_EPOLL_IN.rawValue | SRT_EPOLL_ERR.rawValue)
        try SRTFailure.check(unsafe srt_epoll_add_usock(self.number, socket.id.number, &events), "srt_epoll_add_usock")
    }

    package func remove(_ socket: SRTSocket) {
        srt_epoll_remove_usock(self.number, socket.id.number)
    }

    /// Between two looks.
    private static let pause = Duration.milliseconds(5)

    /// Those that have something to do; waits for the first of them no longer than `timeout`.
    package func wait(_ timeout: Duration) -> [SRTSocketID] {
        let deadline = ContinuousClock.now.advanced(by: timeout)
        while true {
            let ready = self.look()
            guard ready.isEmpty else { return ready }
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return [] }
            csrt_pause(Int64(min(left, Self.pause) / .microseconds(1)))
        }
    }

    private func look() -> [SRTSocketID] {
        unsafe withUnsafeTemporaryAllocation(of: SRT_EPOLL_EVENT.self, capacity: Self.capacity) { events in
            let count = unsafe srt_epoll_uwait(self.number, events.baseAddress, Int32(Self.capacity), 0)
            return unsafe events.prefix(max(0, min(Int(count), Self.capacity))).map { SRTSocketID($0.fd) }
        }
    }

    private static let capacity = 256
}

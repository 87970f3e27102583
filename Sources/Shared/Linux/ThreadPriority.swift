internal import CLinux
internal import Glibc

/// What the calling thread is to the scheduler.
package enum ThreadPriority {
    /// Has other threads go first. Where that is not allowed, nothing changes.
    package static func lower(by nice: Int) {
        // The kernel's threads have priorities of their own; 0 is the caller's.
        _ = setpriority(CInt(PRIO_PROCESS.rawValue), 0, CInt(clamping: nice))
    }

    /// Processor time that the calling thread has used.
    package static var cpu: Duration {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return .zero }
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

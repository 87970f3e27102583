internal import CLinux
internal import Glibc

/// How many descriptors this process may have open (RLIMIT_NOFILE, getrlimit(2)).
package enum OpenFileLimit {
    package static var current: Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Whether it takes of what the process keeps for itself, an eighth of all and 64 at most: the kernel gives out the lowest
    /// number that is free. Who is given such a one on a stranger's behalf closes it. Where none is left the process ends:
    /// libdispatch, which runs Swift's tasks, reads in /proc each second what its threads do, and traps if it cannot.
    package static func isReserved(_ descriptor: borrowing OwnedDescriptor) -> Bool {
        let limit = Self.current
        return descriptor.number >= limit - min(limit / 8, 64)
    }

    /// Raises the limit as far as the system lets an ordinary process, and beyond that to what is wanted where it lets this one;
    /// says how far that is.
    @discardableResult
    package static func raise(to wanted: Int = 0) -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        for most in [max(limit.rlim_max, rlim_t(clamping: wanted)), limit.rlim_max] {
            var raised = rlimit(rlim_cur: most, rlim_max: most)
            if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { break }
        }
        return Self.current
    }
}

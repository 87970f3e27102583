internal import CLinux

/// What the kernel knows of how right the machine's clock is (adjtimex(2)).
package struct ClockState: Hashable, Sendable {
    /// Whether a time service keeps it right.
    package let isSynchronised: Bool

    /// The most it may be wrong by.
    package let error: Duration

    package static func read() throws(LinuxError) -> ClockState {
        var state = linux_clock_state()
        try LinuxError.check(unsafe linux_clock(&state), "adjtimex")
        return ClockState(
            isSynchronised: state.synchronised != 0,
            error: .microseconds(state.error_microseconds)
        )
    }
}

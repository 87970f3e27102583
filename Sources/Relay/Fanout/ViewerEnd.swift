package import Linux

/// The end of a viewer: the reason, and what it was sent.
package struct ViewerEnd: Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// The viewer closed the connection.
        case left
        /// The connection broke.
        case failed(LinuxError)
        /// It took nothing for ``FanoutLimits/stall``.
        case stalled
        /// The writer overwrote what it was in the middle of, or it would have taken more memory to keep that than
        /// ``FanoutLimits/aside``.
        case overrun
        /// The stream is over; it has everything.
        case finished
        /// The stream goes on with a preamble that cannot be continued; it has everything from before.
        case preambleChanged
        /// Its dialogue closed it.
        case closed
        /// Its dialogue had its connection released.
        case released
        /// ``FanoutEngine/remove(_:)``.
        case removed
        /// It sent more than ``FanoutLimits/inputPerSecond``, or asked for more than ``FanoutLimits/replies``.
        case flooding
        /// The engine has as many as ``FanoutLimits/viewers``.
        case refused
        /// The engine was shut down.
        case shutdown
    }

    package let id: ViewerID
    package let reason: Reason
    package let statistics: ViewerStatistics

    package var bytesSent: UInt64 { self.statistics.bytesSent }
    package var skips: UInt64 { self.statistics.skips }
}

/// What a viewer was sent so far, and what not.
package struct ViewerStatistics: Hashable, Sendable {
    /// Everything the kernel took, openings and replies included.
    package var bytesSent: UInt64 = 0
    /// System calls that sent.
    package var sends: UInt64 = 0
    /// How often it lagged so far behind that it was moved to a newer join.
    package var skips: UInt64 = 0
    /// What it missed by that; records at least.
    package var skippedBytes: UInt64 = 0
    package var skippedRecords: UInt64 = 0
    /// Datagrams the kernel would not send.
    package var lostDatagrams: UInt64 = 0
    /// The tape's offset up to which it was sent everything or moved on; nil before it joined.
    package var offset: UInt64?

    package init() {}
}

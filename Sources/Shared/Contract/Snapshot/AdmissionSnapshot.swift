/// Who came to the doors of a program and did not stay. Counters count from the start of the process.
package struct AdmissionSnapshot: Hashable, Sendable, Codable {
    /// Connections open now that have not said what they want, by protocol.
    package var undecided: [Handover.Stage: Int]

    /// Connections that were closed, by protocol and reason.
    package var closed: [Handover.Stage: [ConnectionClosure: UInt64]]

    /// When one was last closed or refused because its place was wanted; nil before the first.
    package var crowded: Instant?

    package init(
        undecided: [Handover.Stage: Int] = [:],
        closed: [Handover.Stage: [ConnectionClosure: UInt64]] = [:],
        crowded: Instant? = nil
    ) {
        self.undecided = undecided
        self.closed = closed
        self.crowded = crowded
    }

    /// Connections that were closed or refused because their places were wanted.
    package var lostPlaces: UInt64 {
        self.closed.values.reduce(into: 0) { sum, counts in
            for (reason, count) in counts where reason.isWantOfPlaces {
                sum = sum.addingReportingOverflow(count).partialValue
            }
        }
    }
}

/// Why a connection was closed that neither publishes nor plays. The raw values are labels of metrics: they never change.
package enum ConnectionClosure: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    /// It had not said what it wants when its place was wanted.
    case undecided
    /// It was between two requests when its place was wanted.
    case idle
    /// It was being answered, or was let go, when its place was wanted.
    case answering
    /// It waited for a relay when its place was wanted.
    case waiting
    /// It was not taken: viewers and publishers have every place.
    case total
    /// It did not say in time what it wants.
    case tooSlow = "too_slow"
    /// Bytes that break the protocol.
    case malformed

    package var isWantOfPlaces: Bool {
        switch self {
        case .undecided, .idle, .answering, .waiting, .total: true
        case .tooSlow, .malformed: false
        }
    }
}

internal import Contract

/// How an instance ended.
package enum InstanceEnding: Hashable, Sendable {
    case exited(code: Int32)
    case signalled(Int32)
    /// The kernel ended it because it went over its memory limit.
    case outOfMemory
    /// The runtime lost track of it, as the sentence says.
    case lost(String)
}

/// What a runtime could not do, and what to do about it.
package struct RuntimeError: StartFailure, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The runtime is not installed.
        case missing
        /// The machine does not let it: rights, name spaces, control groups.
        case forbidden
        /// It did not end in time.
        case timedOut
        /// It failed, with what it said.
        case failed
        /// Files of the instance could not be written.
        case storage
    }

    package let kind: Kind
    package let description: String

    package var exitCode: Int32 {
        switch self.kind {
        case .missing: ExitStatus.unavailable
        case .forbidden: ExitStatus.noPermission
        case .timedOut, .failed, .storage: ExitStatus.failed
        }
    }

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

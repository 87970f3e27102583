/// Why a session description cannot be used, and where in it.
package enum SDPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text is longer than ``SDPLimits/bytes``.
    case tooLong(Int, limit: Int)
    /// There is more of something than its limit in ``SDPLimits`` allows.
    case tooMany(String, limit: Int, line: Int)
    /// No `m=` line is in it: nothing to receive or to send.
    case noMedia
    /// The field of a line that must be right to receive anything is not; lines count from 1.
    case field(String, line: Int)

    package var description: String {
        switch self {
        case .tooLong(let count, let limit):
            "the session description has \(count) bytes, and at most \(limit) are taken"
        case .tooMany(let what, let limit, let line):
            "the session description has more than \(limit) \(what) at line \(line)"
        case .noMedia:
            "the session description has no m= line"
        case .field(let field, let line):
            "the session description's \(field) at line \(line) cannot be read"
        }
    }
}

/// What a session description may cost.
package struct SDPLimits: Hashable, Sendable {
    package var bytes = 64 * 1024
    package var lines = 2000
    package var media = 32
    /// Of the session, or of one medium.
    package var attributes = 256
    /// Payload types of one medium.
    package var formats = 64

    package init() {}
}

package import Linux

/// Why a tape could not be made or would not take a record.
package enum TapeError: Error, Hashable, Sendable {
    /// The system gave no memory for it.
    case system(LinuxError)

    /// The capacity or the number of records asked for is not one a tape can have.
    case sizeInvalid(capacity: Int, records: Int)

    /// A record larger than a tape of this capacity takes, bytes; see ``Ring/recordShare``.
    case recordTooLarge(Int, limit: Int)

    /// The relay's memory has no room for a record of so many bytes.
    case noMemory(Int)

    /// The tape was finished.
    case finished

    /// What is appended again is not what is on the tape.
    case diverged

    /// Shared memory from elsewhere is not a tape of this kind and version.
    case layoutUnknown
}

extension TapeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .system(let error): "no memory for a tape: \(error)"
        case .sizeInvalid(let capacity, let records):
            "a tape of \(capacity) bytes and \(records) records cannot be made"
        case .recordTooLarge(let size, let limit): "a record of \(size) bytes; this tape takes \(limit)"
        case .noMemory(let size): "a record of \(size) bytes; the relay's memory has no room for it"
        case .finished: "the tape is finished"
        case .diverged: "what the tape's writer appends again is not what is on the tape"
        case .layoutUnknown: "the memory is not a tape of this version"
        }
    }
}

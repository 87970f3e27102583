package import Wire

/// What a publisher sends: tags without end, their times rising from zero.
package protocol PublishSource: Sendable {
    /// Metadata and sequence headers, for the start of a connection.
    var prelude: [FLVTag] { get }

    /// The next tag, due `timestamp` milliseconds after the first.
    mutating func next() -> FLVTag
}

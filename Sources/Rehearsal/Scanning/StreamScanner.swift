/// Follows a stream in passing: finds where its messages begin, and passes over what is in them without copying it.
package protocol StreamScanner: Sendable {
    /// The most bytes ``scan(_:into:)`` leaves unused.
    static var lookahead: Int { get }

    /// - Parameter probing: whether pictures are searched for the publisher's latency stamp.
    init(probing: Bool)

    /// Reads on from where the last call ended.
    ///
    /// - Returns: how many of the bytes were used. The rest is too little to be understood alone; it is shown again in
    ///   front of what follows.
    mutating func scan(_ bytes: Span<UInt8>, into progress: inout StreamProgress) throws(ScanError) -> Int
}

/// A viewer was sent what its protocol or format does not allow, or was refused.
package struct ScanError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension Span where Element == UInt8 {
    /// Big-endian numbers at an offset.
    func number16(at offset: Int) -> UInt32 { UInt32(self[offset]) << 8 | UInt32(self[offset + 1]) }

    func number24(at offset: Int) -> UInt32 { self.number16(at: offset) << 8 | UInt32(self[offset + 2]) }

    func number32(at offset: Int) -> UInt32 { self.number16(at: offset) << 16 | self.number16(at: offset + 2) }

    func number64(at offset: Int) -> UInt64 {
        UInt64(self.number32(at: offset)) << 32 | UInt64(self.number32(at: offset + 4))
    }
}

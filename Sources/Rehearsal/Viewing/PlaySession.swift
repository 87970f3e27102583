/// One viewer's side of a connection: asks for the stream, then scans it.
package protocol PlaySession: Sendable {
    /// A probing session searches pictures for latency stamps. For the limit see ``StreamProgress/gapLimit``.
    init(address: StreamAddress, probing: Bool, gapLimit: Int64)

    var progress: StreamProgress { get set }

    /// Bytes to be sent; whoever sends them takes them out.
    var outbox: [UInt8] { get set }

    mutating func receive(_ bytes: Span<UInt8>) throws(ScanError)
}

/// One viewer's side of a connection: asks for the stream, then scans it.
package protocol PlaySession: Sendable {
    /// A probing session searches pictures for latency stamps. For the limit see ``StreamProgress/gapLimit``.
    init(address: StreamAddress, probing: Bool, gapLimit: Int64)

    var progress: StreamProgress { get set }

    /// How its bytes travel.
    var path: PlayPath { get }

    /// Bytes to be sent by the connection; whoever sends them takes them out.
    var outbox: [UInt8] { get set }

    mutating func receive(_ bytes: Span<UInt8>) throws(ScanError)

    // MARK: Datagrams

    /// Datagrams to be sent; whoever sends them takes them out.
    var datagrams: [[UInt8]] { get set }

    /// What is said to a server when its viewer leaves.
    var farewell: [UInt8]? { get }

    /// The UDP port that media come to; reports come to the next one. Told before anything is sent.
    mutating func open(at port: UInt16)

    mutating func receive(datagram: Span<UInt8>) throws(ScanError)

    /// What is to be done every 10 ms, whether anything came or not; the time is in µs, monotonic.
    mutating func tick(now: UInt64) throws(ScanError)
}

package enum PlayPath: Hashable, Sendable {
    case connection
    /// What is said by a connection, media by datagrams.
    case connectionAndDatagrams
    /// All by datagrams to and from the server's address.
    case datagrams
}

extension PlaySession {
    package var path: PlayPath { .connection }
    package var datagrams: [[UInt8]] {
        get { [] }
        set {}
    }
    package var farewell: [UInt8]? { nil }
    package mutating func open(at port: UInt16) {}
    package mutating func receive(datagram: Span<UInt8>) throws(ScanError) {}
    package mutating func tick(now: UInt64) throws(ScanError) {}
}

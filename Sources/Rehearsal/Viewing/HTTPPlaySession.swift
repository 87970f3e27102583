/// Plays a stream by HTTP: a GET, the head of the answer, then scanning of a body without end.
package struct HTTPPlaySession<Scanner: StreamScanner>: PlaySession {
    private static var headLimit: Int { 16_384 }

    private enum State {
        case head([UInt8])
        case identity
        /// `chunked` (RFC 9112 section 7.1): how much of a chunk's data is still to come.
        case chunk(Int)
        /// The line between two chunks, as far as it has come.
        case chunkSize(UInt64, digits: Int, inExtension: Bool)
    }

    private var state = State.head([])
    private var seam = Seam()
    private var scanner: Scanner
    package var progress: StreamProgress
    package var outbox: [UInt8]

    package init(address: StreamAddress, probing: Bool, gapLimit: Int64) {
        self.scanner = Scanner(probing: probing)
        self.progress = StreamProgress(gapLimit: gapLimit)
        let lines = [
            "GET \(address.resource) HTTP/1.1", "Host: \(address.authority)", "User-Agent: transponder-rehearse",
            "Accept: */*", "Connection: close",
        ]
        self.outbox = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    package mutating func receive(_ bytes: Span<UInt8>) throws(ScanError) {
        var at = 0
        while at < bytes.count {
            switch self.state {
            case .head(let head): try self.readHead(head, bytes, &at)
            case .identity:
                try self.scan(bytes.extracting(at..<bytes.count))
                at = bytes.count
            case .chunk(let remaining):
                let count = min(remaining, bytes.count - at)
                try self.scan(bytes.extracting(at..<at + count))
                at += count
                self.state =
                    count == remaining
                    ? .chunkSize(0, digits: 0, inExtension: false) : .chunk(remaining - count)
            case .chunkSize(let size, let digits, let inExtension):
                try self.readChunkSize(bytes[at], size, digits, inExtension)
                at += 1
            }
        }
    }

    private mutating func scan(_ bytes: Span<UInt8>) throws(ScanError) {
        try self.seam.feed(bytes, lookahead: Scanner.lookahead) {
            bytes throws(ScanError) in try self.scanner.scan(bytes, into: &self.progress)
        }
    }

    private mutating func readHead(_ held: [UInt8], _ bytes: Span<UInt8>, _ at: inout Int) throws(ScanError) {
        var head = held
        while at < bytes.count {
            head.append(bytes[at])
            at += 1
            guard head.count <= Self.headLimit else { throw ScanError("the head of the answer does not end") }
            guard bytes[at - 1] == UInt8(ascii: "\n"), head.suffix(4) == [13, 10, 13, 10] else { continue }
            self.state = try Self.framing(head)
            return
        }
        self.state = .head(head)
    }

    /// How the body is framed, if the answer is one to go on with.
    private static func framing(_ head: [UInt8]) throws(ScanError) -> State {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        let status = lines.first?.split(separator: " ", maxSplits: 1) ?? []
        guard status.count == 2, status[0].hasPrefix("HTTP/1.") else {
            throw ScanError("the server does not speak HTTP")
        }
        guard status[1].hasPrefix("200") else { throw ScanError("the server answered \(status[1])") }
        let isChunked = lines.contains {
            let line = $0.lowercased()
            return line.hasPrefix("transfer-encoding:") && line.contains("chunked")
        }
        return isChunked ? .chunkSize(0, digits: 0, inExtension: false) : .identity
    }

    private mutating func readChunkSize(
        _ byte: UInt8,
        _ size: UInt64,
        _ digits: Int,
        _ inExtension: Bool
    ) throws(ScanError) {
        switch byte {
        case UInt8(ascii: "\n"):
            // The line break that ends the chunk before has no digits.
            guard digits > 0 else { return }
            guard size > 0 else { throw ScanError("the server ended the stream") }
            self.state = .chunk(Int(size))
        case UInt8(ascii: "\r"): break
        default:
            guard !inExtension, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                guard digits > 0 else { throw ScanError("a chunk has no size") }
                self.state = .chunkSize(size, digits: digits, inExtension: true)
                return
            }
            guard digits < 12 else { throw ScanError("a chunk's size is too large") }
            self.state = .chunkSize(size << 4 | UInt64(digit), digits: digits + 1, inExtension: false)
        }
    }
}

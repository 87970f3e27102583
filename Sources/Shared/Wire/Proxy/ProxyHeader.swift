/// What a proxy says before a connection that it passes on: where it comes from. The PROXY protocol of haproxy's
/// proxy-protocol.txt, version 1 (section 2.1) and 2 (section 2.2).
package struct ProxyHeader: Hashable, Sendable {
    package let source: ProxySource

    /// Bytes of the header, to be taken from the connection before what follows is read.
    package let length: Int

    init(_ source: ProxySource, length: Int) {
        self.source = source
        self.length = length
    }

    /// The line of version 1 with its CRLF (section 2.1: "worst case").
    package static let lineLimit = 107

    /// Of version 2, what follows its first 16 bytes: addresses, and a few kilobytes of TLVs, which are skipped. A client's
    /// certificate (section 2.2.6) has that room.
    package static let bodyLimit = 4096

    /// The most bytes that a whole header has.
    package static let lengthLimit = Self.headBytes + Self.bodyLimit

    /// Signature, version and command, family and transport, length (section 2.2).
    static let headBytes = 16

    private static let line = Array("PROXY ".utf8)
    static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]

    /// Whether bytes begin as a header does, as far as they go. Nothing else that is spoken here does so from the sixth byte on.
    package static func mayBegin(_ bytes: ArraySlice<UInt8>) -> Bool {
        [Self.line, Self.signature].contains { bytes.prefix($0.count).elementsEqual($0.prefix(bytes.count)) }
    }

    /// Whether bytes begin as only a header does.
    package static func begins(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.starts(with: Self.line) || bytes.starts(with: Self.signature)
    }

    /// Reads the header that a connection begins with.
    ///
    /// - Parameter bytes: All that came, from the first byte of the connection on; what follows the header is not looked at.
    /// - Returns: Nil until more bytes come.
    /// - Throws: At the first byte that cannot be of a header.
    package static func read(_ bytes: ArraySlice<UInt8>) throws(ProxyError) -> ProxyHeader? {
        let bytes = Array(bytes.prefix(Self.lengthLimit))[...]
        guard Self.mayBegin(bytes) else {
            let place = [Self.line, Self.signature].map { zip($0, bytes).prefix { $0 == $1 }.count }.max() ?? 0
            throw ProxyError(.noHeader, at: place)
        }
        guard Self.begins(bytes) else { return nil }
        return bytes.first == Self.line.first ? try ProxyLine.read(bytes) : try ProxyBlock.read(bytes)
    }
}

/// Where a connection comes from that a proxy passes on.
package enum ProxySource: Hashable, Sendable {
    /// In the order of the wire, first byte highest.
    case v4(UInt32, port: UInt16)
    case v6(UInt64, UInt64, port: UInt16)
    /// The proxy speaks for itself, as for a health check, or does not know: the socket's own address holds.
    case proxy
}

/// Why a header cannot be read.
package struct ProxyError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case noHeader
        case lineTooLong
        case lineEnd
        case lineFields
        case address
        case port
        case version(UInt8)
        case command(UInt8)
        case family(UInt8)
        case tooLong(Int)
        case tooShort(Int)
        case extensions
        case checksum
    }

    package let reason: Reason

    /// The byte of the connection at which it shows, from 0.
    package let offset: Int

    init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// Of proxy-protocol.txt.
    package var section: String {
        switch self.reason {
        case .noHeader: "2"
        case .lineTooLong, .lineEnd, .lineFields, .address, .port: "2.1"
        case .version, .command, .family, .tooLong, .tooShort, .extensions: "2.2"
        case .checksum: "2.2.3"
        }
    }

    package var description: String {
        "\(self.sentence) at byte \(self.offset) (proxy-protocol.txt section \(self.section))"
    }

    private var sentence: String {
        switch self.reason {
        case .noHeader: "no PROXY header"
        case .lineTooLong: "a PROXY line of more than \(ProxyHeader.lineLimit) bytes"
        case .lineEnd: "a PROXY line that does not end with CR and LF"
        case .lineFields: "a PROXY line of other words than protocol, two addresses and two ports"
        case .address: "a PROXY line with something else than an address of its family"
        case .port: "a PROXY line with something else than a port"
        case .version(let version): "a PROXY header of version \(version), which is neither 1 nor 2"
        case .command(let command): "a PROXY header with the unknown command \(command)"
        case .family(let family): "a PROXY header with the unknown family and transport \(family)"
        case .tooLong(let length): "a PROXY header of \(length) bytes, more than \(ProxyHeader.bodyLimit)"
        case .tooShort(let length): "a PROXY header whose \(length) bytes do not hold its addresses"
        case .extensions: "a PROXY header whose extensions go past its end"
        case .checksum: "a PROXY header with a wrong checksum"
        }
    }
}

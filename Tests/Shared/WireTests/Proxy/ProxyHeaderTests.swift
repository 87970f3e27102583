import Testing
import Wire

@Suite struct ProxyHeaderTests {
    private static let signature: [UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
    ]
    private static let four: [UInt8] = [192, 0, 2, 7, 192, 0, 2, 1, 0x9c, 0x40, 0x07, 0x8f]
    private static let six: [UInt8] =
        [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]
        + Array(repeating: 0, count: 16) + [0x9c, 0x40, 0x07, 0x8f]

    static func block(_ command: UInt8, _ family: UInt8, _ body: [UInt8]) -> [UInt8] {
        Self.signature + [command, family, UInt8(body.count >> 8), UInt8(body.count & 255)] + body
    }

    private static let wanted = ProxySource.v4(0xc000_0207, port: 40_000)
    private static let wantedSix = ProxySource.v6(0x2001_0db8_0000_0000, 7, port: 40_000)

    static let good: [([UInt8], ProxySource)] = [
        (Array("PROXY TCP4 192.0.2.7 192.0.2.1 40000 1935\r\n".utf8), wanted),
        (Array("PROXY TCP6 2001:db8::7 ::1 40000 1935\r\n".utf8), wantedSix),
        (Array("PROXY TCP6 2001:DB8:0:0:0:0:0:7 ::ffff:192.0.2.1 40000 0\r\n".utf8), wantedSix),
        (Array("PROXY TCP6 :: 1:: 65535 0\r\n".utf8), .v6(0, 0, port: 65_535)),
        (Array("PROXY UNKNOWN\r\n".utf8), .proxy),
        (Array("PROXY UNKNOWN anything there may be\r\n".utf8), .proxy),
        (block(0x21, 0x11, four), wanted), (block(0x21, 0x21, six), wantedSix),
        // LOCAL, with and without what is to be ignored.
        (block(0x20, 0x00, []), .proxy), (block(0x20, 0xff, four), .proxy),
        // Not specified, UDP, a unix socket.
        (block(0x21, 0x00, []), .proxy), (block(0x21, 0x12, four), .proxy),
        (block(0x21, 0x31, Array(repeating: 0x2f, count: 216)), .proxy),
        // TLVs, one of no type that there is.
        (block(0x21, 0x11, four + [0xee, 0, 2, 1, 2, 0x04, 0, 0]), wanted),
        (block(0x21, 0x11, checked), wanted),
    ]

    /// The addresses, an extension, and the checksum of the whole, as haproxy sends it.
    private static let checked = four + [0x04, 0, 2, 0x61, 0x62, 0x03, 0, 4] + checksum
    private static let checksum: [UInt8] = {
        let sum = CRC32C.checksum(
            of: block(0x21, 0x11, four + [0x04, 0, 2, 0x61, 0x62, 0x03, 0, 4, 0, 0, 0, 0])
        )
        return (0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) }
    }()

    @Test(arguments: good) func saysWhereAConnectionComesFrom(_ bytes: [UInt8], _ source: ProxySource) throws {
        let header = try #require(try ProxyHeader.read(bytes[...]))
        #expect(header.source == source)
        #expect(header.length == bytes.count)
        // What follows is left alone.
        #expect(try ProxyHeader.read((bytes + bytes)[...]) == header)
        #expect(ProxyHeader.begins(bytes[...]))
    }

    @Test(arguments: good) func isAwaitedAtEveryByte(_ bytes: [UInt8], _ source: ProxySource) throws {
        for count in bytes.indices {
            #expect(try ProxyHeader.read(bytes[..<count]) == nil, "after \(count) bytes")
            #expect(ProxyHeader.mayBegin(bytes[..<count]))
        }
    }

    static let bad: [([UInt8], ProxyError.Reason, Int, String)] = [
        ([0x03], .noHeader, 0, "2"), (Array("PROXIED".utf8), .noHeader, 4, "2"),
        (Array("GET / HTTP/1.1\r\n".utf8), .noHeader, 0, "2"), (Array("\r\n\r\nGET".utf8), .noHeader, 4, "2"),
        (Array("PROXY ".utf8) + Array(repeating: 0x41, count: 101), .lineTooLong, 107, "2.1"),
        (Array("PROXY UNKNOWN ".utf8) + Array(repeating: 0x41, count: 92) + [0x0d, 0x0a], .lineTooLong, 107, "2.1"),
        (Array("PROXY UNKNOWN\n".utf8), .lineEnd, 13, "2.1"), (Array("PROXY UNKNOWN\rx".utf8), .lineEnd, 14, "2.1"),
        (Array("PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n".utf8), .lineFields, 6, "2.1"),
        (Array("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n".utf8), .lineFields, 28, "2.1"),
        (Array("PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n".utf8), .lineFields, 31, "2.1"),
        (Array("PROXY TCP4 1.2.3.04 1.2.3.4 1 1\r\n".utf8), .address, 11, "2.1"),
        (Array("PROXY TCP4 1.2.3.256 1.2.3.4 1 1\r\n".utf8), .address, 11, "2.1"),
        (Array("PROXY TCP4 1.2.3.4 ::1 1 1\r\n".utf8), .address, 19, "2.1"),
        (Array("PROXY TCP6 1.2.3.4 ::1 1 1\r\n".utf8), .address, 11, "2.1"),
        (Array("PROXY TCP6 1::2::3 ::1 1 1\r\n".utf8), .address, 15, "2.1"),
        (Array("PROXY TCP6 1:2:3:4:5:6:7:8:: ::1 1 1\r\n".utf8), .address, 11, "2.1"),
        (Array("PROXY TCP6 ::+1 ::1 1 1\r\n".utf8), .address, 13, "2.1"),
        (Array("PROXY TCP6 1.2.3.4:: ::1 1 1\r\n".utf8), .address, 11, "2.1"),
        (Array("PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n".utf8), .port, 27, "2.1"),
        (Array("PROXY TCP4 1.2.3.4 1.2.3.4 1 01\r\n".utf8), .port, 29, "2.1"),
        (block(0x11, 0x11, four), .version(1), 12, "2.2"), (block(0x22, 0x11, four), .command(2), 12, "2.2"),
        (block(0x21, 0x41, four), .family(0x41), 13, "2.2"), (block(0x21, 0x13, four), .family(0x13), 13, "2.2"),
        (Array(block(0x21, 0x11, Array(repeating: 0, count: 4097)).prefix(16)), .tooLong(4097), 14, "2.2"),
        (block(0x21, 0x21, four), .tooShort(12), 14, "2.2"), (block(0x21, 0x11, four + [3]), .extensions, 28, "2.2"),
        (block(0x21, 0x11, four + [4, 0, 9, 1]), .extensions, 28, "2.2"),
        (block(0x21, 0x11, four + [3, 0, 4, 1, 2, 3, 4]), .checksum, 31, "2.2.3"),
        (block(0x21, 0x11, four + [3, 0, 1, 1]), .checksum, 31, "2.2.3"),
    ]

    @Test(arguments: bad)
    func saysWhereItIsWrong(_ bytes: [UInt8], _ reason: ProxyError.Reason, _ offset: Int, _ section: String) {
        do {
            let header = try ProxyHeader.read(bytes[...])
            Issue.record("\(String(describing: header)) was read")
        } catch {
            #expect(error.reason == reason)
            #expect(error.offset == offset)
            #expect(error.section == section)
            #expect("\(error)".hasSuffix("at byte \(offset) (proxy-protocol.txt section \(section))"))
        }
    }

    /// The check value of the polynomial.
    @Test func theChecksumIsCastagnolis() {
        #expect(CRC32C.checksum(of: "123456789".utf8) == 0xe306_9283)
    }
}

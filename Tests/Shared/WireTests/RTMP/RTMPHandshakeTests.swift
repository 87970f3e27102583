import NIOCore
import Testing
import Toolkit
import Wire

@Suite struct RTMPHandshakeTests {
    static func hello(_ version: UInt8 = 3, first: ByteBuffer) -> ByteBuffer {
        ByteBuffer(bytes: [version]) + first
    }

    @Test(arguments: [true, false])
    func answersTheSimpleAndTheDigestForm(_ withDigest: Bool) throws {
        var numbers = SeededGenerator(seed: 1)
        // Flash 10 says 128.0.3.2 where the simple form has zeros, and hides a digest in what follows.
        let first = hex("00000000") + hex(withDigest ? "80000302" : "00000000") + numbers.bytes(1528)
        var handshake = RTMPServerHandshake(nonce: 1)
        var bytes = Self.hello(first: first)
        guard case .send(let answer) = try handshake.next(from: &bytes, at: 0) else {
            Issue.record("no answer")
            return
        }
        #expect(answer.readableBytes == 1 + 2 * 1536)
        #expect(answer.getInteger(at: 0) == UInt8(3))
        // Without a version in S1 all clients go on with the simple form.
        #expect(answer.getSlice(at: 1, length: 8) == hex("00000000 00000000"))
        #expect(answer.getSlice(at: 1 + 1536, length: 1536) == first)

        #expect(try handshake.next(from: &bytes, at: 0) == .more)
        bytes = numbers.bytes(1536) + hex("03")
        #expect(try handshake.next(from: &bytes, at: 0) == .done)
        #expect(bytes == hex("03"))
    }

    @Test func waitsForAllOfIt() throws {
        let hello = Self.hello(first: ByteBuffer(repeating: 1, count: 1536))
        for length in 0..<hello.readableBytes {
            var handshake = RTMPServerHandshake(nonce: 1)
            var cut = hello.getSlice(at: 0, length: length) ?? ByteBuffer()
            #expect(try handshake.next(from: &cut, at: 0) == .more)
            #expect(cut.readableBytes == length)
        }
    }

    /// RTMPE, HTTP, TLS, nothing.
    @Test(arguments: [6, 8, 0x47, 0x16, 0] as [UInt8])
    func refusesOtherProtocolsByTheirFirstByte(_ version: UInt8) {
        #expect(throws: RTMPError(.unsupportedVersion(version), at: 0)) {
            var handshake = RTMPServerHandshake(nonce: 1)
            var bytes = ByteBuffer(bytes: [version])
            _ = try handshake.next(from: &bytes, at: 0)
        }
    }

    @Test func bothSidesUnderstandEachOther() throws {
        let client = RTMPClientHandshake(nonce: 1)
        var server = RTMPServerHandshake(nonce: 2)
        var hello = client.hello
        guard case .send(var answer) = try server.next(from: &hello, at: 0) else {
            Issue.record("no answer")
            return
        }
        var short = answer.getSlice(at: 0, length: answer.readableBytes - 1) ?? ByteBuffer()
        #expect(try client.answer(from: &short, at: 0) == nil)
        let first = answer.getSlice(at: 1, length: 1536)
        var echo = try #require(try client.answer(from: &answer, at: 0))
        #expect(echo == first)
        #expect(try server.next(from: &echo, at: 0) == .done)
    }

    @Test func differentNoncesMakeDifferentPackets() {
        #expect(RTMPClientHandshake(nonce: 1).hello != RTMPClientHandshake(nonce: 2).hello)
        #expect(RTMPClientHandshake(nonce: 1).hello == RTMPClientHandshake(nonce: 1).hello)
    }
}

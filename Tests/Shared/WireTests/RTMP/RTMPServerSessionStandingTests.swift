import Foundation
import NIOCore
import Testing
import Toolkit
import Wire

/// A publisher's session that another process goes on with.
@Suite struct RTMPServerSessionStandingTests {
    /// What a publisher says from its handshake on, and what it sends: chunks of two sizes, headers of all four types, an
    /// extended timestamp, a ping, and a sound in the midst of a picture.
    private static func publish() -> (talk: ByteBuffer, media: ByteBuffer) {
        var talk = ByteBuffer(bytes: [3]) + ByteBuffer(repeating: 0, count: 2 * 1536)
        var encoder = RTMPChunkEncoder()
        for command: RTMPCommand in [
            Self.command("connect", 1, [["app": "live", "tcUrl": "rtmp://host/live"]]),
            Self.command("createStream", 2, [nil]), Self.command("publish", 3, [nil, "main", "live"]),
        ] {
            encoder.write(command.message(), into: &talk)
        }
        var media = ByteBuffer()
        for index in 0..<4 {
            let picture = ByteBuffer(bytes: [0x27, 1, 0, 0, UInt8(index)] + [UInt8](repeating: 9, count: 300))
            encoder.write(FLVTag(kind: .video, timestamp: 40 * UInt32(index), body: picture), into: &media)
            encoder.write(FLVTag(kind: .audio, timestamp: 40, body: ByteBuffer(bytes: [0xAF, 1, 7])), into: &media)
        }
        encoder.write(RTMPControl.setChunkSize(200).message, into: &media)
        encoder.chunkSize = 200
        encoder.write(RTMPControl.pingRequest(5).message, into: &media)
        let late = FLVTag(kind: .video, timestamp: 0x1FF_FFFF, body: ByteBuffer(repeating: 0x27, count: 500))
        encoder.write(late, into: &media)
        // Of types 1, 2 and 3 on chunk stream 4, which sound has.
        media.writeImmutableBuffer(hex("44 000017 000003 08 AF0101") + hex("84 000017 AF0102") + hex("C4 AF0103"))
        // Half of a picture, a sound, and the rest of the picture.
        media.writeImmutableBuffer(hex("46 000028 00012C 09") + ByteBuffer(repeating: 0x27, count: 200))
        media.writeImmutableBuffer(hex("C4 AF0104 C6") + ByteBuffer(repeating: 0x27, count: 100))
        encoder.write(FLVTag(kind: .audio, timestamp: 99, body: ByteBuffer(bytes: [0xAF, 1, 8])), into: &media)
        return (talk, media)
    }

    private static func command(_ name: String, _ transaction: Double, _ arguments: [AMFValue]) -> RTMPCommand {
        var command = RTMPCommand(name, transaction: transaction)
        command.arguments = arguments
        return command
    }

    private static func publishing(_ talk: ByteBuffer) throws -> RTMPServerSession {
        var server = RTMPWillingServer()
        try server.receive(talk)
        return server.session
    }

    private static func tags(_ events: [RTMPServerEvent]) -> [FLVTag] {
        events.compactMap { event in
            if case .message(let tag) = event { tag } else { nil }
        }
    }

    private static func answers(_ events: [RTMPServerEvent]) -> Int {
        events.reduce(0) { sum, event in
            if case .send(let bytes) = event { sum + bytes.readableBytes } else { sum }
        }
    }

    @Test func goesOnFromTheLastMessageWhereverTheReadEnds() throws {
        let (talk, media) = Self.publish()
        let begun = try Self.publishing(talk)
        var whole = begun
        let told = try whole.receive(media)
        let all = Self.tags(told)
        #expect(all.count == 15)
        var places: Set<Int> = []
        for end in 0...media.readableBytes {
            var first = begun
            let before = try first.receiveNotingBoundary(try #require(media.getSlice(at: 0, length: end)))
            guard let (standing, behind) = first.standing else { continue }
            let written = try JSONEncoder().encode(standing)
            let read = try JSONDecoder().decode(RTMPServerSession.Standing.self, from: written)
            var second = try #require(
                RTMPServerSession(resuming: read, configuration: RTMPSessionConfiguration(), nonce: 2)
            )
            let start = end - behind
            places.insert(start)
            let rest = try #require(media.getSlice(at: start, length: media.readableBytes - start))
            let after = try second.receive(rest)
            #expect(Self.tags(before) + Self.tags(after) == all, "read \(end), gone on from \(start)")
            #expect(Self.answers(before) + Self.answers(after) == Self.answers(told), "read \(end)")
        }
        // The beginning, and behind every message, the ping among them, but for the sound within the picture.
        #expect(places.count == 1 + 15 + 1 - 1)
    }

    @Test func answersToWhatItsForerunnerWasAskedAreWhole() throws {
        let (talk, media) = Self.publish()
        var first = try Self.publishing(talk)
        _ = try first.receiveNotingBoundary(media)
        let standing = try #require(first.standing?.0)
        var second = try #require(
            RTMPServerSession(resuming: standing, configuration: RTMPSessionConfiguration(), nonce: 2)
        )
        let sentence = "Another encoder took it over."
        #expect(first.endPublish(description: sentence) == second.endPublish(description: sentence))
    }

    @Test func nobodyElseHasAPlace() throws {
        var session = try RTMPPeer.connected().server
        #expect(session.standing == nil)
        _ = try session.receiveNotingBoundary(ByteBuffer())
        #expect(session.standing == nil)
    }

    @Test func whatAnybodyMayHaveWrittenHarmsNobody() throws {
        let (talk, media) = Self.publish()
        var session = try Self.publishing(talk)
        _ = try session.receiveNotingBoundary(media)
        let written = try JSONEncoder().encode(try #require(session.standing?.0))
        var mutations = MutatedText(Array(written), seed: 3)
        var survivors = 0
        for _ in 0..<3000 {
            guard
                let read = try? JSONDecoder().decode(RTMPServerSession.Standing.self, from: Data(mutations.next())),
                var other = RTMPServerSession(resuming: read, configuration: RTMPSessionConfiguration(), nonce: 2)
            else { continue }
            survivors += 1
            _ = try? other.receiveNotingBoundary(media)
            _ = other.standing
        }
        #expect(survivors > 100 && survivors < 3000)
    }
}

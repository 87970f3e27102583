import Foundation
import NIOCore
import Testing
import Toolkit
import Wire

/// A client's session that another process goes on with.
@Suite struct RTSPServerSessionStandingTests {
    /// Packets of both tracks, a keep-alive between them, and the end.
    private static var talk: ByteBuffer {
        var bytes = ByteBuffer()
        for index in 0..<6 {
            let packet = RTSPPeer.packet("packet \(index)")
            RTSPMessageEncoder.write(RTSPFrame(channel: UInt8(2 * (index % 2)), payload: packet), into: &bytes)
            if index == 3 { bytes.writeString(Self.request("GET_PARAMETER", 8)) }
        }
        bytes.writeString(Self.request("TEARDOWN", 9))
        return bytes
    }

    private static func request(_ method: String, _ number: Int) -> String {
        "\(method) \(RTSPPeer.base) RTSP/1.0\r\nCSeq: \(number)\r\nSession: 0000000000001234\r\n\r\n"
    }

    private static func joined(_ events: [RTSPServerEvent]) -> (events: [RTSPServerEvent], bytes: String) {
        var text = ""
        for case .send(let bytes) in events { text += String(buffer: bytes) }
        return (events.filter { !$0.isBytes }, text)
    }

    private static func reread(_ standing: RTSPServerSession.Standing) throws -> RTSPServerSession {
        let written = try JSONEncoder().encode(standing)
        // Not what the client has shown, by which another could publish.
        #expect(!String(decoding: written, as: UTF8.self).contains("s3cret"))
        let read = try JSONDecoder().decode(RTSPServerSession.Standing.self, from: written)
        return try #require(RTSPServerSession(resuming: read, configuration: RTSPSessionConfiguration()))
    }

    @Test func aPublisherGoesOnBehindEveryMessageWhereverTheReadEnds() throws {
        let begun = try RTSPPeer.recording().server
        let talk = Self.talk
        var whole = begun
        let all = Self.joined(whole.receive(talk))
        #expect(all.events.count == 7 && all.events.last == .teardown)
        for end in 0...talk.readableBytes {
            var first = begun
            var before: [RTSPServerEvent] = []
            var bytes = try #require(talk.getSlice(at: 0, length: end))
            while let events = first.receiveNext(bytes) {
                bytes = ByteBuffer()
                before += events
                guard let standing = first.standing else { continue }
                var second = try Self.reread(standing)
                let start = end - first.unreadBytes
                let after = second.receive(try #require(talk.getSlice(at: start, length: talk.readableBytes - start)))
                let both = Self.joined(before + after)
                #expect(both.events == all.events && both.bytes == all.bytes, "read \(end), gone on from \(start)")
            }
        }
    }

    @Test func stepByStepSaysTheSame() throws {
        let talk = Self.talk
        var (whole, steps) = (try RTSPPeer.recording().server, try RTSPPeer.recording().server)
        var events: [RTSPServerEvent] = []
        for byte in talk.readableBytesView {
            var new = ByteBuffer(bytes: [byte])
            while let next = steps.receiveNext(new) {
                events += next
                new = ByteBuffer()
            }
        }
        #expect(Self.joined(events) == Self.joined(whole.receive(talk)))
    }

    @Test func aPlayerIsAnsweredAndHeard() throws {
        let peer = try RTSPPeer.playing()
        var session = try Self.reread(try #require(peer.server.standing))
        let alive = Self.joined(session.receive(ByteBuffer(string: Self.request("GET_PARAMETER", 5))))
        #expect(alive.events.isEmpty && alive.bytes.hasPrefix("RTSP/1.0 200"), "\(alive.bytes)")
        #expect(alive.bytes.contains("CSeq: 5") && alive.bytes.contains("Session: 0000000000001234"))
        #expect(session.receive(ByteBuffer(string: Self.request("PAUSE", 6))).contains(.pause(true)))
        var again = try Self.reread(try #require(session.standing))
        #expect(again.receive(ByteBuffer(string: Self.request("PLAY", 7))).contains(.pause(false)))
        #expect(again.receive(ByteBuffer(string: Self.request("TEARDOWN", 8))).contains(.teardown))
    }

    @Test func aPlayerIsHeardByWhatIsNotedOfIt() throws {
        let peer = try RTSPPeer.playing()
        let written = try JSONEncoder().encode(try #require(peer.server.playing))
        #expect(written.count < 200)
        for isPaused in [false, true] {
            let read = try JSONDecoder().decode(RTSPServerSession.Playing.self, from: written)
            var session = try #require(
                RTSPServerSession(
                    resuming: read,
                    isPaused: isPaused,
                    configuration: RTSPSessionConfiguration(),
                    nonce: 9
                )
            )
            // The rest of a report whose beginning another process has read.
            var talk = ByteBuffer(bytes: [0x81, 0xC9, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8])
            talk.writeString(Self.request("GET_PARAMETER", 5))
            let alive = Self.joined(session.receive(talk))
            #expect(alive.events.isEmpty && alive.bytes.hasPrefix("RTSP/1.0 200"), "\(alive.bytes)")
            #expect(alive.bytes.contains("CSeq: 5") && alive.bytes.contains("Session: 0000000000001234"))
            let play = session.receive(ByteBuffer(string: Self.request("PLAY", 6)))
            #expect(play.contains(.pause(false)) == isPaused)
            #expect(session.receive(ByteBuffer(string: Self.request("PAUSE", 7))).contains(.pause(true)))
            #expect(session.receive(ByteBuffer(string: Self.request("TEARDOWN", 8))).contains(.teardown))
        }
        #expect(try RTSPPeer.recording().server.playing == nil)
    }

    @Test func aPlayerByDatagramsIsHeardByWhatIsNotedOfIt() throws {
        var peer = RTSPPeer()
        for track in 0..<2 {
            try peer.ask(
                "SETUP",
                "\(RTSPPeer.base)/trackID=\(track)",
                ["Transport": "RTP/AVP;unicast;client_port=500\(2 * track)-500\(2 * track + 1)"]
            )
            _ = try peer.answer { session in
                var transport = RTSPTransport()
                transport.clientPort = .init(rtp: UInt16(5000 + 2 * track), rtcp: UInt16(5001 + 2 * track))
                transport.serverPort = .init(rtp: 30_000, rtcp: 30_001)
                return session.acceptSetup(transport)
            }
        }
        try peer.ask("PLAY", RTSPPeer.base)
        _ = try peer.answer { $0.acceptPlay() }
        let written = try JSONEncoder().encode(try #require(peer.server.playing))
        let read = try JSONDecoder().decode(RTSPServerSession.Playing.self, from: written)
        func resumed(_ playing: RTSPServerSession.Playing) -> RTSPServerSession? {
            RTSPServerSession(resuming: playing, isPaused: true, configuration: RTSPSessionConfiguration(), nonce: 9)
        }
        var session = try #require(resumed(read))
        #expect(session.setups.mapValues(\.clientPort) == peer.server.setups.mapValues(\.clientPort))
        #expect(session.setups.mapValues(\.serverPort) == peer.server.setups.mapValues(\.serverPort))
        #expect(session.sessionName == peer.server.sessionName)
        #expect(session.receive(ByteBuffer(string: Self.request("PLAY", 6))).contains(.pause(false)))
        #expect(session.receive(ByteBuffer(string: Self.request("TEARDOWN", 8))).contains(.teardown))
        // What nobody can have noted.
        for (old, new) in [("5002,", ""), ("\"1\":", "\"-1\":"), ("\"1\":", "\"9223372036854775807\":")] {
            let text = String(decoding: written, as: UTF8.self).replacingOccurrences(of: old, with: new)
            let other = try JSONDecoder().decode(RTSPServerSession.Playing.self, from: Data(text.utf8))
            #expect(resumed(other) == nil, "\(new)")
        }
    }

    @Test func whoNeitherRecordsNorPlaysHasNoPlace() throws {
        var peer = RTSPPeer()
        #expect(peer.server.standing == nil)
        try peer.setup("trackID=0", "RTP/AVP/TCP;interleaved=0-1")
        #expect(peer.server.standing == nil)
        var half = try RTSPPeer.playing().server
        _ = half.receive(ByteBuffer(string: "OPTIONS * RTSP/1.0\r\nCSeq"))
        #expect(half.standing == nil)
    }

    @Test func whatAnybodyMayHaveWrittenHarmsNobody() throws {
        let written = try JSONEncoder().encode(try #require(try RTSPPeer.recording().server.standing))
        var mutations = MutatedText(Array(written), seed: 3)
        var survivors = 0
        for _ in 0..<3000 {
            guard let read = try? JSONDecoder().decode(RTSPServerSession.Standing.self, from: Data(mutations.next())),
                var other = RTSPServerSession(resuming: read, configuration: RTSPSessionConfiguration())
            else { continue }
            survivors += 1
            _ = other.receive(Self.talk)
            _ = other.standing
        }
        #expect(survivors > 100 && survivors < 3000)
    }
}

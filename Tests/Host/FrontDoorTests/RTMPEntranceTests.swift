import FrontDoor
import FrontDoorToolkit
import NIOCore
import Testing
import Wire

@Suite struct RTMPEntranceTests {
    /// Feeds the pieces; the last step that says something, and all that was replied.
    private static func feed(_ pieces: ArraySlice<UInt8>...) throws -> (RTMPEntrance, RTMPEntrance.Verdict, Int) {
        var entrance = RTMPEntrance(nonce: 1)
        var verdict = RTMPEntrance.Verdict.more
        var replied = 0
        for piece in pieces {
            let step = try entrance.receive(piece)
            replied += step.reply.readableBytes
            if step.verdict != .more { verdict = step.verdict }
        }
        return (entrance, verdict, replied)
    }

    @Test func everySplitKeepsWhatCameBehindTheHandshake() throws {
        let rest = RTMPBytes.message(
            RTMPControl.windowAcknowledgementSize(5_000_000).message,
            RTMPControl.pingRequest(7).message,
            RTMPBytes.connect(app: "live?key=abc"),
            RTMPCommand("releaseStream", transaction: 2, nil, "main").message()
        )
        let all = RTMPBytes.handshake + rest
        for split in Array(stride(from: 1, to: 3073, by: 101)) + Array(3060..<all.count) {
            let (entrance, verdict, replied) = try Self.feed(all[..<split], all[split...])
            #expect(verdict == .connect(app: "live"), "split at \(split)")
            #expect(entrance.payload == rest, "split at \(split)")
            #expect(replied == 3073, "only the handshake is answered; split at \(split)")
        }
    }

    @Test func bytesOneByOne() throws {
        let rest = RTMPBytes.message(RTMPControl.setChunkSize(4096).message, RTMPBytes.connect(app: nil))
        var entrance = RTMPEntrance(nonce: 1)
        var verdicts: [RTMPEntrance.Verdict] = []
        for byte in RTMPBytes.handshake + rest {
            let verdict = try entrance.receive([byte]).verdict
            if verdict != .more { verdicts.append(verdict) }
        }
        #expect(verdicts == [.connect(app: "live")])
        #expect(entrance.payload == rest)
    }

    @Test func anAddressWithoutARelayIsEmpty() throws {
        let rest = RTMPBytes.message(RTMPBytes.connect(app: "", tcUrl: "rtmp://host"))
        #expect(try Self.feed(RTMPBytes.handshake[...], rest[...]).1 == .connect(app: ""))
    }

    @Test func aRefusalSaysWhy() throws {
        var (entrance, _, _) = try Self.feed(
            (RTMPBytes.handshake + RTMPBytes.message(RTMPBytes.connect(app: "x")))[...]
        )
        var bytes = entrance.refusal("No such relay.")
        let message = try #require(try RTMPChunkDecoder().nextMessage(in: &bytes))
        let command = try #require(try RTMPCommand(message, limits: AMFLimits()))
        #expect(command.name == "_error")
        #expect(RTMPStatus(command.argument(0)) == RTMPStatus(.error, .connectRejected, "No such relay."))
    }

    @Test func whatIsTooLongToReadIsRefusedOrGivenUp() throws {
        let long = RTMPBytes.message(RTMPBytes.connect(app: String(repeating: "a", count: 2000)))
        let (_, verdict, _) = try Self.feed((RTMPBytes.handshake + long)[...])
        guard case .refuse(let bytes) = verdict else { return #expect(Bool(false), "\(verdict)") }
        #expect(bytes.readableBytes > 0)

        var entrance = RTMPEntrance(nonce: 1)
        _ = try entrance.receive(RTMPBytes.handshake[...])
        let ping = RTMPBytes.message(RTMPControl.pingRequest(1).message)
        #expect(throws: RTMPEntrance.TooManyBytes.self) {
            for _ in 0...FrontDoorLimits.rtmpBytes / ping.count { _ = try entrance.receive(ping[...]) }
        }
    }

    @Test func otherProtocolsAreNotRTMP() {
        for first in [UInt8(ascii: "G"), 0x16, 6] {
            var entrance = RTMPEntrance(nonce: 1)
            #expect(throws: RTMPError.self) { try entrance.receive([first]) }
        }
    }
}

extension RTMPChunkDecoder {
    fileprivate func nextMessage(in bytes: inout ByteBuffer) throws -> RTMPMessage? {
        var decoder = self
        return try decoder.next(from: &bytes)
    }
}

import NIOCore
import Testing
import Toolkit
import Wire

/// Whatever comes, a session answers or throws; it does not trap, and it holds no more than its limits.
@Suite struct RTMPBadInputTests {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func garbageIsRefusedOrIgnored(_ seed: UInt64) {
        var numbers = SeededGenerator(seed: seed)
        var server = RTMPWillingServer()
        if seed % 4 != 0 {
            try? server.receive(ByteBuffer(bytes: [3]) + ByteBuffer(repeating: 0, count: 2 * 1536))
        }
        for _ in 0..<20 {
            let bytes = numbers.bytes(Int.random(in: 0..<500, using: &numbers))
            guard (try? server.receive(bytes)) != nil else { return }
        }
    }

    /// A conversation that is right but for one byte in it.
    @Test func everyDamagedByteIsRefusedOrIgnored() throws {
        var said = ByteBuffer(bytes: [3]) + ByteBuffer(repeating: 0, count: 2 * 1536)
        let encoder = RTMPChunkEncoder()
        let object: AMFValue = ["app": "live", "tcUrl": "rtmp://host/live"]
        for command in [
            RTMPCommand("connect", transaction: 1, object), RTMPCommand("createStream", transaction: 2, nil),
            RTMPCommand("publish", transaction: 3, nil, "main", "live"),
        ] {
            encoder.write(command.message(), into: &said)
        }
        encoder.write(.video(40, hex("1701")), into: &said)
        for place in 3073..<said.readableBytes {
            for change: UInt8 in [0x01, 0x80, 0xFF] {
                var damaged = said
                damaged.setInteger((damaged.getInteger(at: place) ?? 0) ^ change, at: place)
                var server = RTMPWillingServer()
                try? server.receive(damaged)
            }
        }
    }

    @Test func aDeepCommandIsRefused() throws {
        var peer = RTMPPeer()
        try peer.shakeHands()
        var payload = AMF0Encoder.encode("connect", 1)
        for _ in 0..<10_000 {
            payload.writeImmutableBuffer(hex("03 0001 61"))
        }
        #expect { try peer.send(RTMPMessage(type: .commandAMF0, payload: payload)) } throws: { error in
            guard case .malformedCommand(let reason)? = (error as? RTMPError)?.reason else { return false }
            return reason.reason == .tooDeep(limit: AMFLimits().depth)
        }
    }

    @Test(arguments: ["", "05", "00 0000000000000000"])
    func aCommandWithoutANameIsRefused(_ payload: String) throws {
        var peer = RTMPPeer()
        try peer.shakeHands()
        #expect { try peer.send(RTMPMessage(type: .commandAMF0, payload: hex(payload))) } throws: { error in
            (error as? RTMPError)?.reason == .unexpectedCommand
        }
    }

    @Test func connectWithoutAnythingIsAQuestionAllTheSame() throws {
        var peer = RTMPPeer()
        try peer.shakeHands()
        try peer.call("connect", 1)
        guard case .connect(let request)? = peer.takeEvents().first else {
            Issue.record("no question")
            return
        }
        #expect(request.app == "")
    }

    @Test func errorsReadAsSentences() {
        #expect(
            "\(RTMPError(.invalidChunkSize(0), at: 3089))"
                == "RTMP chunk size 0 is not between 1 and 2147483647, after byte 3089"
        )
    }
}

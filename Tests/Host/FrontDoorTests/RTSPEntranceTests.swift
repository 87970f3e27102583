import FrontDoor
import Testing

@Suite struct RTSPEntranceTests {
    /// Shows an entrance a text in pieces; the last verdict, and all that was answered.
    private static func show(_ text: String, pieces: Int = .max) -> (RTSPEntrance, RTSPEntrance.Verdict, String) {
        var entrance = RTSPEntrance()
        var rest = Array(text.utf8)[...]
        var verdict = RTSPEntrance.Verdict.more
        var reply: [UInt8] = []
        while !rest.isEmpty, verdict == .more {
            let step = entrance.receive(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
            verdict = step.verdict
            reply += step.reply
        }
        return (entrance, verdict, String(decoding: reply, as: UTF8.self))
    }

    @Test(arguments: [Int.max, 1, 7])
    func theFirstAddressNamesTheRelay(_ pieces: Int) {
        let text = "OPTIONS rtsp://host:8554/live/main?key=k RTSP/1.0\r\nCSeq: 1\r\n\r\n"
        let (entrance, verdict, reply) = Self.show(text, pieces: pieces)
        #expect(verdict == .relay("live"))
        #expect(reply.isEmpty)
        // The relay is to read all of it, and answers.
        #expect(text.hasPrefix(String(decoding: entrance.payload, as: UTF8.self)))
        #expect(!entrance.payload.isEmpty && !entrance.isUntouched)
    }

    @Test(arguments: [Int.max, 1, 7])
    func whatNamesNobodyIsAnswered(_ pieces: Int) {
        let second = "DESCRIBE rtsp://host/live/main RTSP/1.0\r\nCSeq: 2\r\n\r\n"
        let (entrance, verdict, reply) = Self.show("\r\nOPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n" + second, pieces: pieces)
        #expect(verdict == .relay("live"))
        #expect(reply.hasPrefix("RTSP/1.0 200 OK\r\nCSeq: 1\r\n"))
        #expect(reply.contains("Public: OPTIONS, DESCRIBE"))
        #expect(second.hasPrefix(String(decoding: entrance.payload, as: UTF8.self)))
    }

    @Test func aRequestWithoutARelayIsForNobody() {
        let (entrance, verdict, _) = Self.show("DESCRIBE rtsp://host/ RTSP/1.0\r\nCSeq: 5\r\n\r\n")
        #expect(verdict == .relay(""))
        let refusal = String(decoding: entrance.refusal("No such relay."), as: UTF8.self)
        #expect(refusal.hasPrefix("RTSP/1.0 404 No such relay.\r\nCSeq: 5\r\n"))
    }

    static let nonsense = [
        "GET / HTTP/1.1\r\n", "\u{3}\u{0}\u{0}\n", String(repeating: "A", count: 9000),
        "OPTIONS * RTSP/1.0\r\nCSeq 1\r\n\r\n",
    ]

    @Test(arguments: Self.nonsense)
    func whatIsNotRTSPIsRefused(_ text: String) {
        for pieces in [Int.max, 64] {
            let (_, verdict, reply) = Self.show(text, pieces: pieces)
            #expect(verdict == .refuse)
            #expect(reply.hasPrefix("RTSP/1.0 4") || reply.hasPrefix("RTSP/1.0 505"))
        }
    }

    @Test func aRequestThatDoesNotEndIsRefused() {
        let endless = "OPTIONS * RTSP/1.0\r\n" + String(repeating: "X: y\r\n", count: 5000)
        let (entrance, verdict, _) = Self.show(endless, pieces: 1000)
        #expect(verdict == .refuse)
        #expect(entrance.payload.count < 20_000)
    }

    @Test func nothingIsDecidedAboutSilence() {
        #expect(RTSPEntrance().isUntouched)
        #expect(Self.show("OPTIONS rtsp://host/li").1 == .more)
    }
}

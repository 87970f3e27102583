import Contract
import FrontDoor
import Testing

@Suite struct HTTPEntranceTests {
    private static func look(_ text: String, taken: String = "") -> HTTPEntrance.Step {
        var entrance = HTTPEntrance(taken: Array(taken.utf8))
        return entrance.look(at: Array(text.utf8)[...])
    }

    @Test(arguments: [
        "GET /live/main.m3u8 HTTP/1.1", "POST /live/main HTTP/1.0", "HEAD //live/main.ts HTTP/1.1",
        "GET /live/main.mp4?key=1 HTTP/1.1", "GET /%6Cive/main.m3u8 HTTP/1.1", "GET /live%2Fmain.flv HTTP/1.1",
        "GET http://host:8080/live/main.ts HTTP/1.1", "\r\nGET /live/main.flv HTTP/1.1", "OPTIONS /live/main HTTP/1.1",
        "GET /../live/main.sdp HTTP/1.1", "GET /health/.././live/main.ts HTTP/1.1", "GET /live/main/hls/7.m4s HTTP/1.1",
        "GET /live/ma%20in HTTP/1.1",
    ])
    func relaysAreFound(line: String) throws {
        #expect(try Self.look(line + "\r\n") == .relay(RelayName("live")))
    }

    @Test(arguments: [
        "GET / HTTP/1.1", "GET /livez HTTP/1.1", "GET /api/v1/relays HTTP/1.1", "GET /health/live/main HTTP/1.1",
        "OPTIONS * HTTP/1.1", "CONNECT host:443 HTTP/1.1", "GET /a%20b/main HTTP/1.1", "GET /%zz HTTP/1.1",
        "GET /%ff HTTP/1.1", "GET http://host HTTP/1.1", "GET ?a=/live HTTP/1.1", "PRI * HTTP/2.0",
        "GET /live/../livez HTTP/1.1", "GET /\u{e9} HTTP/1.1", "GET /assets/1/page.js HTTP/1.1",
        "POST /live/?venue=kyoto HTTP/1.1",
    ])
    func everythingElseIsForTheHost(line: String) {
        #expect(Self.look(line + "\r\n") == .host)
    }

    @Test(arguments: [
        "GET /live HTTP/1.0", "HEAD //live/ HTTP/1.1", "GET /live?token=1 HTTP/1.1", "GET /%6Cive/main HTTP/1.1",
        "\r\nGET /live/main HTTP/1.1", "GET http://host:8080/live/main/ HTTP/1.1", "HEAD /live/talk.2 HTTP/1.1",
    ])
    func pagesOfARelayAreTheHosts(line: String) {
        #expect(Self.look(line + "\r\n") == .host)
    }

    @Test(arguments: [
        "GET /live", "G\u{0}T / HTTP/1.1", "\u{16}\u{3}\u{1}", "GET  / HTTP/1.1", "GET / RTSP/1.0", "GET / HTTP/1.1 x",
        " / HTTP/1.1", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKL / HTTP/1.1", "GET\t/ HTTP/1.1",
    ])
    func whatIsNoRequestIsRefused(line: String) {
        #expect(Self.look(line + "\r\n") == .refuse(.malformed))
    }

    @Test func everySplitSaysMoreUntilTheLineIsWhole() throws {
        let line = Array("GET /live/main.m3u8?token=x HTTP/1.1\r\n".utf8)
        let found = try HTTPEntrance.Step.relay(RelayName("live"))
        for count in 0...line.count {
            let expected = count == line.count ? found : .more
            let front = String(decoding: line[..<count], as: UTF8.self)
            let back = String(decoding: line[count...], as: UTF8.self)
            #expect(Self.look(front) == expected)
            #expect(Self.look(back, taken: front) == found)
            #expect(Self.look("", taken: front) == expected)
        }
    }

    @Test func aLineHasALimit() throws {
        let room = FrontDoorLimits.requestLine - "GET /live/ HTTP/1.1\r\n".utf8.count
        let longest = "GET /live/\(String(repeating: "a", count: room)) HTTP/1.1\r\n"
        #expect(try Self.look(longest) == .relay(RelayName("live")))
        let longer = "GET /live/\(String(repeating: "a", count: room + 1)) HTTP/1.1\r\n"
        #expect(Self.look(longer) == .refuse(.lineTooLong))
        let unended = String(repeating: "a", count: FrontDoorLimits.requestLine - 5)
        #expect(Self.look("GET /" + unended) == .refuse(.lineTooLong))
        #expect(Self.look("GET /" + unended.dropLast()) == .more)
        #expect(Self.look(String(repeating: "\r\n", count: 5000)) == .refuse(.lineTooLong))
    }

    @Test func aRefusalIsAWholeAnswer() throws {
        let refusal = HTTPRefusal.later(sentence: "Soon.")
        let text = String(decoding: refusal.bytes(isHead: false), as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        #expect(text.contains("\r\nRetry-After: 2\r\n"))
        #expect(text.contains("\r\nContent-Length: 6\r\n"))
        #expect(text.contains("\r\nConnection: close\r\n"))
        #expect(text.hasSuffix("\r\n\r\nSoon.\n"))
        #expect(String(decoding: refusal.bytes(isHead: true), as: UTF8.self).hasSuffix("\r\n\r\n"))
    }
}

import NIOHTTP1
import Testing
import Web

@Suite struct CrossOriginTests {
    private static func request(_ headers: HTTPHeaders, _ method: HTTPMethod = .GET) -> HTTPRequest {
        HTTPRequest(HTTPRequestHead(version: .http1_1, method: method, uri: "/live/main.m3u8", headers: headers))
    }

    private static let one = CrossOrigin { $0 == "https://player.example" }

    @Test func everySiteMayReadAndNoneWithCookies() {
        let headers = CrossOrigin().headers(for: Self.request(["Origin": "https://a.example", "Cookie": "token=x"]))
        #expect(headers["access-control-allow-origin"] == ["*"])
        #expect(headers["access-control-allow-credentials"] == [])
        #expect(headers["vary"] == [])
        for name in ["Content-Length", "Content-Range", "Date"] {
            #expect(headers["access-control-expose-headers"].first?.contains(name) == true)
        }
    }

    @Test func aSiteThatIsNamedIsEchoedAndNoOther() {
        let named = Self.one.headers(for: Self.request(["Origin": "https://player.example"]))
        #expect(named["access-control-allow-origin"] == ["https://player.example"])
        #expect(named["access-control-allow-credentials"] == ["true"])
        #expect(named["vary"] == ["Origin"])
        for origin in ["https://other.example", "https://player.example.evil.example", "null"] {
            let other = Self.one.headers(for: Self.request(["Origin": origin]))
            #expect(other["access-control-allow-origin"] == ["*"])
            #expect(other["access-control-allow-credentials"] == [])
            #expect(other["vary"] == ["Origin"], "caches must not mix them up")
        }
        #expect(Self.one.headers(for: Self.request([:]))["vary"] == ["Origin"])
    }

    @Test func cookiesHelpThePageOfTheSameSiteAndThoseThatAreNamed() {
        #expect(Self.one.allowsCookies(of: Self.request([:])))
        #expect(Self.one.allowsCookies(of: Self.request(["Origin": "https://player.example"])))
        #expect(CrossOrigin().allowsCookies(of: Self.request(["Origin": "http://Relay:8080", "Host": "relay:8080"])))
        #expect(!CrossOrigin().allowsCookies(of: Self.request(["Origin": "http://relay:81", "Host": "relay:8080"])))
        #expect(!Self.one.allowsCookies(of: Self.request(["Origin": "https://a.example", "Host": "relay"])))
        #expect(!CrossOrigin().allowsCookies(of: Self.request(["Origin": "null", "Host": "relay"])))
    }

    @Test func aPreflightAllowsWhatItAsksForWithinBounds() {
        func allowed(_ asked: String...) -> [String] {
            let headers = HTTPHeaders(asked.map { ("Access-Control-Request-Headers", $0) })
            let reply = CrossOrigin().preflight(Self.request(headers, .OPTIONS))
            #expect(reply.status == .noContent)
            let text = reply.extra.first { $0.0 == "Access-Control-Allow-Headers" }?.1 ?? ""
            return text.split(separator: ",").map { String($0.drop { $0 == " " }) }
        }
        let usual = ["range", "content-type", "authorization"]
        #expect(allowed() == usual)
        let players = allowed("authorization, CMCD-Request,x-playback-session-id")
        #expect(players == usual + ["cmcd-request", "x-playback-session-id"])
        #expect(allowed("a b, x\r\nSet-Cookie: y, \(String(repeating: "n", count: 65)), ,ok") == usual + ["ok"])
        #expect(allowed((0..<500).map { "x-\($0)" }.joined(separator: ",")).count == usual.count + 32)
        let names = CrossOrigin().preflight(Self.request([:], .OPTIONS)).extra.map(\.0)
        #expect(names.contains("Allow") && names.contains("Access-Control-Allow-Methods"))
    }
}

import NIOHTTP1
import Testing
import Web

@Suite struct HTTPTargetTests {
    @Test(arguments: [
        ("/live/main.flv", ["live", "main.flv"], ""), ("/live/main.flv?a=b?c#d", ["live", "main.flv"], "a=b?c"),
        ("http://relay.example/live/main.flv?x", ["live", "main.flv"], "x"),
        ("HTTPS://[::1]:8443/live/main.ts", ["live", "main.ts"], ""), ("http://relay.example", [], ""),
        ("http://relay.example?token=a/b", [], "token=a/b"), ("//live//main.flv", ["live", "main.flv"], ""),
        ("/a/../live/./main.flv", ["live", "main.flv"], ""), ("/%2e%2e/live/%6dain.flv", ["live", "main.flv"], ""),
        ("/live%2Fmain.flv", ["live", "main.flv"], ""), ("/..", [], ""), ("*", ["*"], ""), ("relay:80", [], ""),
        ("ftp://relay.example/live", [], ""), ("", [], ""), ("/caf%C3%A9", ["café"], ""),
        ("/live/\u{301}x/main", ["live", "\u{301}x", "main"], ""),
        ("/live/main.flv?\u{301}a=b", ["live", "main.flv"], "\u{301}a=b"),
        ("/a/..%2F%CC%81b", ["\u{301}b"], ""), ("http://relay.example/\u{301}live", ["\u{301}live"], ""),
    ])
    func aTargetIsTakenApart(text: String, components: [String], query: String) {
        let target = HTTPTarget(text)
        #expect(target.components == components)
        #expect(target.query == query)
    }

    @Test(arguments: ["/%", "/%zz", "/%ff", "/a%2"]) func whatIsNotEncodedHasNoComponents(text: String) {
        #expect(HTTPTarget(text).components == nil)
    }

    @Test func aTokenIsReadWhereSomebodyHasWrittenIt() {
        func request(_ uri: String, _ headers: HTTPHeaders = [:]) -> HTTPRequest {
            HTTPRequest(HTTPRequestHead(version: .http1_1, method: .GET, uri: uri, headers: headers))
        }
        #expect(request("/live/main.flv?token=a").writtenToken == "a")
        #expect(request("http://x/live/main.flv?token=a").writtenToken == "a")
        #expect(request("/", ["Authorization": "bearer b"]).writtenToken == "b")
        #expect(request("/", ["Authorization": "Basic b"]).writtenToken == nil)
        #expect(request("/?token=a", ["Authorization": "Bearer b"]).writtenToken == "a")
        #expect(request("/", ["Cookie": "x=1; token=c"]).cookieToken == "c")
        #expect(request("/", ["Cookie": "x=1"]).cookieToken == nil)
    }
}

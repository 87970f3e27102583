import Contract
import NIOCore
import NIOHTTP1
import Pages
import Testing
import Web

@Suite struct PageResponderTests {
    private static func ask(
        _ uri: String,
        _ method: HTTPMethod = .GET,
        isSecure: Bool = false
    ) -> (head: HTTPResponseHead, text: String)? {
        let source = FakeSource()
        return source.ask(uri, method, isSecure: isSecure)
    }

    /// What a page loads.
    private static func addresses(in page: String) -> [String] {
        page.split(separator: "\"").map(String.init).filter { $0.hasPrefix("/assets/") }
    }

    @Test func aStreamHasAPageWithStrictHeaders() throws {
        let page = try #require(Self.ask("/live/main"))
        #expect(page.head.status == .ok)
        #expect(page.head.headers["Content-Type"] == ["text/html; charset=utf-8"])
        let policy = try #require(page.head.headers["Content-Security-Policy"].first)
        #expect(policy.hasPrefix("default-src 'none'; script-src 'self';"))
        #expect(!policy.contains("unsafe"))
        #expect(page.head.headers["X-Content-Type-Options"] == ["nosniff"])
        #expect(page.head.headers["Referrer-Policy"] == ["no-referrer"])
        #expect(page.head.headers["Access-Control-Allow-Origin"].isEmpty)
        #expect(page.text.contains("<title>main · live</title>"))
        #expect(!page.text.contains("{{"))
        // What the policy forbids would be silently left out by browsers.
        #expect(!page.text.contains("style=") && !page.text.contains("onclick") && !page.text.contains("<style"))
    }

    @Test func aRelayHasAPageThatSaysWhatItHas() throws {
        let page = try #require(Self.ask("/live/"))
        #expect(page.head.status == .ok)
        #expect(page.head.headers["Content-Security-Policy"].first?.contains("unsafe") == false)
        let facts = #"{"ports":{"rtmp":1935},"relay":"live","streams":["main"],"venues":false}"#
        #expect(page.text.contains(facts), "\(page.text)")
        #expect(!page.text.contains("{{"))
        #expect(Self.ask("/live")?.text == page.text)
        #expect(Self.ask("/other/") == nil)
    }

    @Test(arguments: [("/live/main", "viewer"), ("/live/", "session"), ("/live/?venue=kyoto", "venue")])
    func everythingAPageLoadsIsThereAndIsKept(uri: String, name: String) throws {
        let page = try #require(FakeSource().ask(uri, cookie: "token=k-secret"))
        let addresses = Self.addresses(in: page.text)
        for ending in ["mjs", "css"] { #expect(addresses.contains { $0.hasSuffix("/\(name).\(ending)") }) }
        var bytes = page.text.utf8.count
        for address in Set(addresses) {
            let file = try #require(Self.ask(address), "\(address)")
            let kind = address.hasSuffix(".css") ? "text/css" : "text/javascript"
            #expect(file.head.headers["Content-Type"] == ["\(kind); charset=utf-8"])
            #expect(file.head.headers["Cache-Control"] == ["public, max-age=31536000, immutable"])
            #expect(file.head.headers["X-Content-Type-Options"] == ["nosniff"])
            bytes += file.text.utf8.count
            // A module finds those that it names beside it.
            for name in file.text.split(separator: "\"") where name.hasPrefix("./") && name.hasSuffix(".mjs") {
                #expect(addresses.contains { $0.hasSuffix("/\(name.dropFirst(2))") }, "\(name) in \(address)")
            }
        }
        print("figure: the \(name) page weighs \(bytes) bytes in \(Set(addresses).count + 1) files")
        #expect(bytes < (name == "venue" ? 85_000 : 60_000))
    }

    @Test(arguments: ["/other/main", "/live/main.m3u8", "/live/main/hls/7.m4s", "/assets/0/viewer.mjs", "/%zz"])
    func otherAddressesAreForSomebodyElse(uri: String) {
        #expect(Self.ask(uri) == nil)
    }

    @Test func onlyWhoReadsIsAnswered() {
        #expect(Self.ask("/live/main", .HEAD)?.head.status == .ok)
        #expect(Self.ask("/live/main", .POST) == nil)
        #expect(Self.ask("/live/main", .OPTIONS) == nil)
    }

    @Test(arguments: [false, true])
    func aTokenGoesFromTheAddressIntoACookie(isSecure: Bool) throws {
        let reply = try #require(Self.ask("/live/main?a=1&token=kyoto%3Dsecret&b=%20x", isSecure: isSecure))
        #expect(reply.head.status == .seeOther)
        #expect(reply.head.headers["Location"] == ["/live/main?a=1&b=%20x"])
        #expect(reply.head.headers["Cache-Control"] == ["no-cache, no-store, must-revalidate"])
        let cookie = try #require(reply.head.headers["Set-Cookie"].first)
        #expect(cookie.hasPrefix("token=kyoto=secret; Path=/live; "))
        #expect(cookie.contains("HttpOnly; SameSite=Strict"))
        #expect(cookie.hasSuffix("; Secure") == isSecure)
        #expect(!reply.text.contains("secret"))
    }

    @Test(arguments: ["to%6ben=kyoto-secret", "token=kyoto-secret&%74oken=kyoto-secret"])
    func aTokenWithAnEncodedNameGoesToo(query: String) throws {
        let reply = try #require(Self.ask("/live/main?\(query)&x=1"))
        #expect(reply.head.headers["Location"] == ["/live/main?x=1"])
        #expect(reply.head.headers["Set-Cookie"].count == 1)
    }

    @Test(arguments: ["token=a%0d%0aSet-Cookie:%20b", "token=", "token=a%3Bb", "token=%ff"])
    func whatCannotBeATokenIsNone(query: String) throws {
        let reply = try #require(Self.ask("/live/main?\(query)&x=1"))
        #expect(reply.head.status == .seeOther)
        #expect(reply.head.headers["Location"] == ["/live/main?x=1"])
        #expect(reply.head.headers["Set-Cookie"].isEmpty)
    }
}

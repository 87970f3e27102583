import Contract
import NIOHTTP1
import Pages
import Testing

/// The screen of a venue: who is let in, and what is taken from it.
@Suite struct VenueDoorTests {
    @Test func aTokenLeavesTheAddressAndBecomesACookie() throws {
        let reply = try #require(FakeSource().ask("/live/?venue=kyoto&token=k-secret"))
        #expect(reply.head.status == .seeOther)
        #expect(reply.head.headers["Location"] == ["/live/?venue=kyoto"])
        #expect(reply.head.headers["Referrer-Policy"] == ["no-referrer"])
        let cookie = try #require(reply.head.headers["Set-Cookie"].first)
        #expect(cookie.hasPrefix("token=k-secret; Path=/live; "))
        #expect(cookie.contains("HttpOnly; SameSite=Strict"))
        #expect(!reply.text.contains("secret"))
    }

    @Test(arguments: ["wrong", "l-secret", "", "a%0d%0aSet-Cookie:%20b"])
    func aWrongTokenLeavesTheAddressAsWell(token: String) throws {
        let source = FakeSource()
        let reply = try #require(source.ask("/live/?venue=kyoto&token=\(token)"))
        #expect(reply.head.headers["Location"] == ["/live/?venue=kyoto&refused"])
        #expect(reply.head.headers["Set-Cookie"].isEmpty)
        let page = try #require(source.ask("/live/?venue=kyoto&refused", cookie: "token=k-secret"))
        #expect(page.head.status == .forbidden)
        #expect(page.text.contains("This link is not valid, or not any more. Ask the organiser for a new one."))
        #expect(page.text.contains("主催者"))
    }

    @Test func theScreenIsShownToItsVenueAlone() throws {
        let source = FakeSource()
        let page = try #require(source.ask("/live/?venue=kyoto", cookie: "token=k-secret"))
        #expect(page.head.status == .ok)
        #expect(page.head.headers["Content-Security-Policy"].first?.contains("unsafe") == false)
        let facts = #"{"now":1796446000000,"relay":"live","starts":1796446800,"streams":["main"],"venue":"kyoto"}"#
        #expect(page.text.contains(facts), "\(page.text)")
        #expect(page.text.contains("<title>kyoto · live</title>"))
        #expect(!page.text.contains("{{") && !page.text.contains("secret"))
        #expect(!page.text.contains("style=") && !page.text.contains("onclick"))
        #expect(source.ask("/live/?venue=kyoto")?.head.status == .unauthorized)
        #expect(source.ask("/live/?venue=kyoto", cookie: "token=guess")?.head.status == .forbidden)
        let other = try #require(source.ask("/live/?venue=lima", cookie: "token=k-secret"))
        #expect(other.head.status == .notFound)
        #expect(other.text.contains("is that of the room 'kyoto'"))
        #expect(source.ask("/other/?venue=kyoto", cookie: "token=k-secret") == nil)
    }

    /// What somebody writes for a venue's name becomes no markup, and does not lead elsewhere.
    @Test func scriptInANameIsNone() throws {
        let source = FakeSource()
        let evil = "%3Cscript%3Ealert(1)%3C/script%3E%0d%0aX:y{{facts}}"
        for cookie in ["token=k-secret", "token=x", nil] {
            for uri in ["/live/?venue=\(evil)", "/live/?venue=\(evil)&token=k-secret"] {
                let reply = try #require(source.ask(uri, cookie: cookie))
                #expect(!reply.text.contains("<script>") && !reply.text.contains("{{"))
                #expect(reply.head.headers["Location"].allSatisfy { $0 == "/live/?venue=&refused" })
                #expect(reply.head.headers["X"].isEmpty)
            }
        }
        let post = try #require(source.ask("/live/?venue=\(evil)", .POST, cookie: "token=k-secret", body: "sta=p"))
        #expect(post.head.status == .notFound)
        #expect(post.text == "The token is not that of a venue of that name.\n")
    }

    @Test func whoGuessesWaits() throws {
        let source = FakeSource()
        source.isThrottled = true
        let asked: [(String, HTTPMethod)] = [
            ("/live/?venue=kyoto&token=x", .GET), ("/live/?venue=kyoto", .GET), ("/live/?venue=kyoto", .POST),
        ]
        for (uri, method) in asked {
            let reply = try #require(source.ask(uri, method, cookie: "token=k-secret"))
            #expect(reply.head.status == .tooManyRequests)
            #expect(reply.head.headers["Retry-After"] == ["40"])
        }
    }

    @Test func aReportIsTakenFromTheVenueThatItIsOf() throws {
        let source = FakeSource()
        func post(_ venue: String, _ cookie: String?, _ headers: [(String, String)] = []) -> Int? {
            let reply = source.ask("/live/?venue=\(venue)", .POST, cookie: cookie, body: "sta=p", headers: headers)
            return reply.map { Int($0.head.status.code) }
        }
        #expect(post("kyoto", "token=k-secret", [("Sec-Fetch-Site", "same-origin")]) == 200)
        #expect(post("kyoto", nil) == 401)
        #expect(post("kyoto", "token=guess") == 403)
        #expect(post("kyoto", "token=l-secret") == 404)
        #expect(post("nowhere", "token=k-secret") == 404)
        #expect(post("kyoto", "token=k-secret", [("Sec-Fetch-Site", "cross-site")]) == 403)
        #expect(source.reports == ["kyoto sta=p"])
        let answer = try #require(source.ask("/live?venue=kyoto", .POST, cookie: "token=k-secret", body: "sta=p"))
        #expect(answer.head.headers["Content-Type"] == ["application/json"])
        #expect(answer.text.contains("\"starts\":1796446800"))
        source.outcome = .tooMany
        #expect(post("kyoto", "token=k-secret") == 429)
        source.outcome = .unreadable
        #expect(post("kyoto", "token=k-secret") == 400)
        #expect(source.ask("/live/", .POST, cookie: "token=k-secret") == nil)
    }

    /// The root tells where to go, and nothing else.
    @Test func theRootLeadsToTheSession() throws {
        let source = FakeSource()
        let only = try #require(source.ask("/"))
        #expect(only.head.status == .seeOther)
        #expect(only.head.headers["Location"] == ["/live/"])
        source.relays = ["live": true, "hall": true, "board": false]
        let list = try #require(source.ask("/"))
        #expect(list.head.status == .ok)
        #expect(list.text.contains("href=\"/live/\"") && list.text.contains("href=\"/hall/\""))
        #expect(!list.text.contains("board"))
        source.relays = ["hall": false, "board": false]
        let closed = try #require(source.ask("/"))
        #expect(closed.text.contains("for invited rooms"))
        #expect(!closed.text.contains("hall") && !closed.text.contains("board"))
        #expect(source.ask("/", .POST) == nil)
    }
}

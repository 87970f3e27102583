import Testing
import Wire

@Suite struct RTMPAddressTests {
    static func connect(_ app: AMFValue, _ tcUrl: String = "rtmp://host/live") -> RTMPConnectRequest {
        RTMPConnectRequest(["app": app, "tcUrl": .string(tcUrl)])
    }

    /// Application, URL and name as clients send them, and the relay and stream they mean.
    static let forms: [(app: AMFValue, tcUrl: String, name: String, means: String)] = [
        ("live", "rtmp://host/live", "main", "live main"),
        ("live/", "rtmp://host/live/", "main/", "live main"),
        ("/live", "rtmp://host/live", "/main", "live main"),
        ("live", "rtmp://host:1935/live", "main?key=x", "live main"),
        ("live?key=x", "rtmp://host/live?key=x", "main", "live main"),
        // An application left out, empty, or null
        (nil, "rtmp://host/live", "main", "live main"),
        ("", "rtmp://host:1935/live?key=x", "main", "live main"),
        (.undefined, "rtmp://user:pw@host/live/", "main", "live main"),
        (nil, "rtmp://[::1]:1935/live", "main", "live main"),
        ("", "rtmp://host/", "live/main", "live main"),
        ("", "rtmp://host", "live/main", "live main"),
        ("", "", "", " "),
        // Everything in the application
        ("live/main", "rtmp://host/live/main", "", "live main"),
        ("live/main?key=x", "rtmp://host/live/main?key=x", "", "live main"),
        ("live/_definst_", "rtmp://host/live/_definst_", "main", "live main"),
        ("live/room", "rtmp://host/live/room", "main", "live room/main"),
        ("live", "rtmp://host/live", "mp4:main", "live main"),
        ("live", "rtmp://host/live", "flv:main", "live main"),
        ("live", "rtmp://host/live", "", "live "),
        // Percent-encoded, and what only looks like it
        ("li%76e", "rtmp://host/li%76e", "ma%69n", "live main"),
        ("live", "rtmp://host/live", "caf%C3%A9%20a", "live café a"),
        ("live", "rtmp://host/live", "100%", "live 100%"),
        ("live", "rtmp://host/live", "%zz%4", "live %zz%4"),
        ("live", "rtmp://host/live", "a%2Fb", "live a/b"),
        ("live", "rtmp://host/live", "%FF", "live \u{FFFD}"),
    ]

    @Test(arguments: Self.forms)
    func findsTheStream(_ form: (app: AMFValue, tcUrl: String, name: String, means: String)) {
        let address = RTMPStreamAddress(name: form.name, on: Self.connect(form.app, form.tcUrl))
        #expect("\(address.app) \(address.stream)" == form.means)
    }

    @Test func mergesQueriesTheNearestFirst() {
        let connection = Self.connect("live?a=app&b=app", "rtmp://host/live?a=url&b=url&c=url")
        let query = RTMPStreamAddress(name: "main?a=name", on: connection).query
        #expect(query["a"] == "name")
        #expect(query["b"] == "app")
        #expect(query["c"] == "url")
        #expect(query["d"] == nil)
    }

    /// A mark that combines with a separator makes one character of both, and two parts all the same.
    @Test func partsBytes() {
        let connection = Self.connect("live/\u{301}x?\u{301}a=b", "rtmp://me:s3cret@\u{301}host/live?\u{301}key=s3cret")
        #expect(connection.path == ["live", "\u{301}x"])
        #expect(connection.tcUrl == "rtmp://\u{301}host/live")
        let address = RTMPStreamAddress(name: "main?key=\u{301}k&\u{301}b=c&d=e", on: connection)
        #expect(address.stream == "\u{301}x/main")
        #expect(address.query["key"] == "\u{301}k")
        #expect(address.query["d"] == "e")
        #expect("\(address.query)" == "key=***&\u{301}b=***&d=***&\u{301}a=***&\u{301}key=***")
        #expect(QueryString(parsing: "\u{212a}=1")["K"] == nil)
        #expect("\(QueryString(parsing: "s3cret&a=b"))" == "***&a=***")
    }

    @Test func decodesQueries() {
        let query = QueryString(parsing: "key=a%26b=c&flag&=x&&e=")
        #expect(query["key"] == "a&b=c")
        #expect(query["flag"] == "")
        #expect(query["e"] == "")
    }

    /// Base64, as Adobe's challenge has it, holds slashes, pluses and equals signs.
    @Test func leavesBase64Alone() {
        let connection = Self.connect("live?authmod=adobe&response=a/b+c==")
        #expect(connection.app == "live")
        #expect(connection.query["response"] == "a/b+c==")
    }

    @Test func readsAddresses() {
        let configuration = RTMPClientConfiguration(role: .play, url: "rtmp://host:1936/live/room/main?key=x")
        #expect(configuration?.app == "live")
        #expect(configuration?.tcUrl == "rtmp://host:1936/live")
        #expect(configuration?.stream == "room/main?key=x")
        for bad in ["http://host/live/main", "rtmp://", "rtmp://host", "rtmp://host/live", "rtmp:///live/main"] {
            #expect(RTMPClientConfiguration(role: .play, url: bad) == nil)
        }
    }
}

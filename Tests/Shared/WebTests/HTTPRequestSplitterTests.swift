import NIOCore
import Testing
import Web

@Suite struct HTTPRequestSplitterTests {
    private static let own = "GET /live/main.m3u8 HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let other = "GET /livez HTTP/1.1\r\nHost: a\r\nX-Odd:  b \r\n\r\n"

    private static func splitter() throws -> HTTPRequestSplitter { HTTPRequestSplitter(relay: "live") }

    /// What a splitter does with the pieces, each request answered at once.
    private static func steps(_ pieces: [String]) throws -> [HTTPRequestSplitter.Step] {
        var splitter = try Self.splitter()
        var steps: [HTTPRequestSplitter.Step] = []
        for piece in pieces {
            splitter.append(ByteBuffer(string: piece))
            while true {
                let step = splitter.next()
                guard step != .wait else { break }
                steps.append(step)
                splitter.answered()
            }
        }
        return steps
    }

    @Test func `hands on what is for somebody else, split anywhere`() throws {
        let text = Self.own + Self.own + Self.other + "GET /live"
        for split in 0...text.utf8.count {
            let first = String(decoding: Array(text.utf8)[..<split], as: UTF8.self)
            let second = String(decoding: Array(text.utf8)[split...], as: UTF8.self)
            var steps = try Self.steps([first, second])
            // What comes after the request was handed on does not matter here: nothing more is read then.
            guard case .handBack(let bytes)? = steps.popLast() else {
                Issue.record("split at \(split)")
                continue
            }
            #expect(steps == [.serve(ByteBuffer(string: Self.own)), .serve(ByteBuffer(string: Self.own))])
            #expect((Self.other + "GET /live").hasPrefix(String(buffer: bytes)))
            #expect(String(buffer: bytes).hasPrefix(Self.other))
        }
    }

    @Test func `serves the first whomever it is for`() throws {
        #expect(try Self.steps([Self.other]) == [.serve(ByteBuffer(string: Self.other))])
    }

    @Test(arguments: [
        "/", "/api/v1", "/livez", "/health/live/main", "/lives/main.flv", "*", "http://a/other/", "/%6Cive2",
        "/live/../livez",
    ])
    func `knows what is for somebody else`(target: String) throws {
        let request = "GET \(target) HTTP/1.1\r\n\r\n"
        #expect(try Self.steps([Self.own, request]).last == .handBack(ByteBuffer(string: request)))
    }

    @Test(arguments: ["/live", "/live/", "//live/main.flv", "/%6Cive/main.ts", "/live?x", "/live/main.m3u8?token=a/b"])
    func `knows its own`(target: String) throws {
        let request = "GET \(target) HTTP/1.1\r\n\r\n"
        #expect(try Self.steps([Self.own, request]).last == .serve(ByteBuffer(string: request)))
    }

    @Test func `hands on what is said to be somebody else's below its own name`() throws {
        let page = "GET /live/main HTTP/1.1\r\n\r\n"
        var splitter = HTTPRequestSplitter(relay: "live") { method, parts in method == "GET" && parts.count == 2 }
        for target in ["OPTIONS /live/main", "GET /live/main/hls/7.m4s"] {
            splitter.append(ByteBuffer(string: "\(target) HTTP/1.1\r\n\r\n"))
            #expect(splitter.next() == .serve(ByteBuffer(string: "\(target) HTTP/1.1\r\n\r\n")))
            splitter.answered()
        }
        splitter.append(ByteBuffer(string: page))
        #expect(splitter.next() == .handBack(ByteBuffer(string: page)))
    }

    @Test func `waits for the answer before it looks at the next`() throws {
        var splitter = try Self.splitter()
        splitter.append(ByteBuffer(string: Self.own + Self.other))
        #expect(splitter.next() == .serve(ByteBuffer(string: Self.own)))
        #expect(splitter.next() == .wait)
        #expect(splitter.waiting == Self.other.utf8.count)
        splitter.answered()
        #expect(splitter.next() == .handBack(ByteBuffer(string: Self.other)))
        #expect(splitter.next() == .wait)
    }

    @Test(arguments: ["Content-Length: 5", "transfer-encoding: chunked", "Upgrade: websocket"])
    func `leaves a request with a body and all behind it to the decoder`(field: String) throws {
        let request = "POST /live/ HTTP/1.1\r\n\(field)\r\n\r\nhello"
        #expect(
            try Self.steps([request, Self.other])
                == [.pass(ByteBuffer(string: request)), .pass(ByteBuffer(string: Self.other))]
        )
    }

    @Test func `knows that a body of no bytes is none`() throws {
        let request = "GET /live/ HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
        #expect(
            try Self.steps([request + Self.other])
                == [.serve(ByteBuffer(string: request)), .handBack(ByteBuffer(string: Self.other))]
        )
    }

    @Test func `leaves an endless head and no request at all to the decoder`() throws {
        let endless = "GET /live/ HTTP/1.1\r\nX: " + String(repeating: "x", count: HTTPRequestSplitter.headLimit)
        #expect(try Self.steps([endless]) == [.pass(ByteBuffer(string: endless))])
        #expect(try Self.steps(["\r\n\r\n" + Self.own]) == [.serve(ByteBuffer(string: Self.own))])
        let nonsense = "nonsense\r\n\r\n"
        #expect(try Self.steps([Self.own, nonsense]).last == .serve(ByteBuffer(string: nonsense)))
    }
}

import Console
import ConsoleToolkit
import Contract
import NIOHTTP1
import Operator
import Testing

@Suite struct ClientTests {
    static let answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"

    @Test func responsesAreReadAtEverySplit() throws {
        let bytes = Array(Self.answer.utf8)
        for split in 0...bytes.count {
            var reader = ResponseReader()
            let first = try reader.read(bytes[..<split])
            let second = split == bytes.count ? nil : try reader.read(bytes[split...])
            let response = try #require(first ?? second)
            #expect(response.status == 503)
            #expect(response.contentType == "text/plain")
            #expect(response.body == Array("hello".utf8))
        }
    }

    @Test func responsesMayEndWithTheConnection() throws {
        var reader = ResponseReader()
        #expect(try reader.read(Array("HTTP/1.0 200 OK\r\n\r\nall of it".utf8)) == nil)
        #expect(try reader.end().body == Array("all of it".utf8))
    }

    @Test func noContentIsWholeAtOnce() throws {
        var reader = ResponseReader()
        #expect(try reader.read(Array("HTTP/1.1 204 No Content\r\n\r\n".utf8))?.status == 204)
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 99 Odd\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "\r\n\r\n",
    ])
    func otherProgramsAreRecognised(text: String) {
        var reader = ResponseReader()
        #expect(throws: ResponseError.notHTTP) { try reader.read(Array(text.utf8)) }
    }

    @Test func whatComesIsBounded() throws {
        var reader = ResponseReader()
        #expect(throws: ResponseError.tooLarge(limit: ResponseReader.bodyLimit)) {
            try reader.read(Array("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".utf8))
        }
        var endless = ResponseReader()
        #expect(throws: ResponseError.notHTTP) {
            for _ in 0..<100 { _ = try endless.read([UInt8](repeating: 0x61, count: 1000)) }
        }
        #expect(throws: ResponseError.nothing) { try ResponseReader().end() }
        var short = ResponseReader()
        _ = try short.read(Array(Self.answer.utf8).dropLast())
        #expect(throws: ResponseError.cutOff) { try short.end() }
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080", "127.0.0.1:8080"), ("HTTP://Host.example", "Host.example:80"),
        ("localhost:81/x?y", "localhost:81"), ("[::1]:8080", "[::1]:8080"), ("http://[::1]", "[::1]:80"),
    ])
    func addressesAreRead(text: String, authority: String) {
        #expect(BaseAddress(text)?.authority == authority)
    }

    @Test(arguments: [
        "", "https://host", "http://", ":80", "host:0", "host:99999", "host:x", "[::1", "ho st:80", "a\r\nb:80",
        "http://u@h:80",
    ])
    func otherAddressesAreNot(text: String) {
        #expect(BaseAddress(text) == nil)
    }

    @Test func requestsCarryTheTokenWhereThereIsOne() throws {
        let address = try #require(BaseAddress("[::1]:81"))
        let text = String(
            decoding: ClientRequest("POST", "/x", token: try Secret("abc")).bytes(to: address.authority),
            as: UTF8.self
        )
        #expect(text.hasPrefix("POST /x HTTP/1.1\r\nHost: [::1]:81\r\n"))
        #expect(text.contains("\r\nAuthorization: Bearer abc\r\n"))
        #expect(text.hasSuffix("\r\nConnection: close\r\n\r\n"))
        #expect(!"\(try ClientRequest("GET", "/", token: Secret("abcdef")))".contains("abcdef"))
    }

    @Test(arguments: [
        ("/health/live/main", 0, "live: Live: 1280×720 at 30 pictures a second, with sound, 2.6 Mbit/s."),
        ("/health/quiet/main", 1, "waiting: Nobody is publishing to quiet/main yet."),
        ("/livez", 0, "The host is running."),
        ("/readyz", 1, "The relay 'restarting' is being restarted."),
        ("/health/none/main", 2, "There is no relay 'none' here."),
    ])
    func healthBecomesAnExitStatus(uri: String, code: Int32, sentence: String) async throws {
        let answer = try #require(await Desk().ask(.GET, uri))
        let type = answer.headers.first(name: "Content-Type") ?? ""
        let health = HealthAnswer(.init(status: answer.status, contentType: type, body: answer.body))
        #expect(health.exitCode == code)
        #expect(health.sentence.hasPrefix(sentence))
    }

    @Test func healthIsAskedForByName() {
        #expect(HealthAnswer.path(of: nil) == "/health")
        #expect(HealthAnswer.path(of: "live") == "/health/live")
        #expect(HealthAnswer.path(of: "/live/main/") == "/health/live/main")
    }
}

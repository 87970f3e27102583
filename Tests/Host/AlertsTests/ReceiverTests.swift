import Alerts
import Contract
import Crypto
import Events
import Foundation
import Logging
import Synchronization
import Testing
import Toolkit

/// Receivers that nobody here wrote: Python's servers of HTTP and mail, and mosquitto.
@Suite(.ownThread) struct ReceiverTests {
    /// Says its port, and each request as a line of JSON; answers with the given statuses, one after the other, the last for ever.
    private static let web = """
        import http.server,json,sys
        answers=[int(word) for word in sys.argv[1:]]
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body=self.rfile.read(int(self.headers['Content-Length'])).decode()
                status=answers.pop(0) if len(answers)>1 else answers[0]
                print('got '+json.dumps({'body':body,'status':status,'path':self.path,'headers':{k.lower():v for k,v in self.headers.items()}}),flush=True)
                self.send_response(status)
                if status==302: self.send_header('Location','/elsewhere')
                self.end_headers()
                self.wfile.write(b'words of the receiver')
            def log_message(self,*a): pass
        server=http.server.HTTPServer(('127.0.0.1',0),Handler)
        print('port',server.server_address[1],flush=True)
        server.serve_forever()
        """

    private static let mail = """
        import asyncore,smtpd,sys
        class Server(smtpd.SMTPServer):
            def process_message(self,peer,sender,recipients,data,**k):
                print('mail',sender,recipients,repr(data.decode()),flush=True)
        server=Server(('127.0.0.1',0),None)
        print('port',server.socket.getsockname()[1],flush=True)
        asyncore.loop()
        """

    /// A mail server that refuses whom it greets, whom it is to bring something, or what it is given.
    private static let refusingMail = """
        import socketserver,sys
        where=sys.argv[1]
        class Handler(socketserver.StreamRequestHandler):
            def say(self,text): self.wfile.write((text+'\\r\\n').encode())
            def handle(self):
                if where=='greeting': return self.say('554 5.3.2 not today')
                if where=='silence': return self.rfile.read()
                self.say('220 here')
                while True:
                    line=self.rfile.readline().decode().upper()
                    if not line or line.startswith('QUIT'): return
                    if line.startswith('RCPT'): self.say('550 5.1.1 nobody of that name' if where=='recipient' else '250 well')
                    elif line.startswith('DATA'):
                        self.say('354 go on')
                        while self.rfile.readline() not in (b'.\\r\\n',b''): pass
                        self.say('451 4.3.0 the disk is full')
                    else: self.say('250 well')
        class Server(socketserver.ThreadingTCPServer): daemon_threads=True
        server=Server(('127.0.0.1',0),Handler)
        print('port',server.server_address[1],flush=True)
        server.serve_forever()
        """

    private struct Request: Decodable {
        var body: String
        var status: Int
        var path: String
        var headers: [String: String]
    }

    private static func python(_ code: String, _ arguments: [String] = []) async throws -> (Program, port: Int) {
        let program = try Program.start("/usr/bin/python3", ["-W", "ignore", "-c", code] + arguments)
        let line = try await program.line(containing: "port ")
        return (program, Int(line.split(separator: " ").last ?? "") ?? 0)
    }

    private static func request(_ line: String) throws -> Request {
        try JSONDecoder().decode(Request.self, from: Data(line.dropFirst(4).utf8))
    }

    private static let message = AlertMessage(
        id: "1-1",
        kind: .alerts,
        unix: 1_800_000_000_000_000,
        alerts: [
            Alert(
                status: .firing,
                level: .bad,
                kind: .stream,
                subject: "live/main",
                sentence: "live/main <lost> its source & more — こんにちは",
                since: "2026-12-05T14:00:00Z"
            )
        ]
    )

    private static func send(_ way: AlertReceiverSpec.Way) -> AlertOutcome {
        AlertCarriers.make(AlertReceiverSpec(name: "x", way: way)).send(self.message)
    }

    @Test func `a webhook is given JSON that is signed`() async throws {
        let (server, port) = try await Self.python(Self.web, ["200"])
        let secret = try HiddenText("hush")
        let way = AlertReceiverSpec.Way.webhook(
            try HiddenText("http://127.0.0.1:\(port)/here?a=b"),
            form: .json,
            secret: secret
        )
        #expect(Self.send(way) == .delivered("HTTP status 200"))
        let request = try Self.request(try await server.line(containing: "got "))
        #expect(request.path == "/here?a=b" && request.headers["content-type"] == "application/json")
        let seconds = try #require(request.headers["x-transponder-timestamp"])
        let code = HMAC<SHA256>.authenticationCode(
            for: Data("\(seconds).\(request.body)".utf8),
            using: SymmetricKey(data: Data("hush".utf8))
        )
        let text = code.map { String(format: "%02x", $0) }.joined()
        #expect(request.headers["x-transponder-signature"] == "sha256=\(text)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        #expect(try decoder.decode(AlertMessage.self, from: Data(request.body.utf8)) == Self.message)
    }

    @Test func `others like Slack are given text`() async throws {
        let (server, port) = try await Self.python(Self.web, ["200"])
        let way = AlertReceiverSpec.Way.webhook(try HiddenText("http://127.0.0.1:\(port)/"), form: .slack, secret: nil)
        #expect(Self.send(way) == .delivered("HTTP status 200"))
        let request = try Self.request(try await server.line(containing: "got "))
        let text = try JSONDecoder().decode([String: String].self, from: Data(request.body.utf8))
        #expect(text == ["text": "live/main &lt;lost&gt; its source &amp; more — こんにちは"])
        #expect(request.headers["x-transponder-signature"] == nil)
    }

    @Test func `what a webhook answers is said, and no redirect is followed`() async throws {
        let (server, port) = try await Self.python(Self.web, ["500", "302"])
        let way = AlertReceiverSpec.Way.webhook(try HiddenText("http://127.0.0.1:\(port)/"), form: .json, secret: nil)
        #expect(Self.send(way) == .failed("it answered with HTTP status 500: words of the receiver"))
        #expect(Self.send(way) == .failed("it answered with HTTP status 302: words of the receiver"))
        server.kill()
        guard case .failed(let reason) = Self.send(way) else { return #expect(Bool(false)) }
        #expect(reason.contains("onnect"), "\(reason)")
        let file = AlertReceiverSpec.Way.webhook(try HiddenText("file:///etc/passwd"), form: .json, secret: nil)
        guard case .failed = Self.send(file) else { return #expect(Bool(false)) }
    }

    @Test func `a mail arrives whole`() async throws {
        let (server, port) = try await Self.python(Self.mail)
        let way = AlertReceiverSpec.Way.email(
            server: "smtp://127.0.0.1:\(port)",
            from: "relay@example.org",
            to: ["crew@example.org", "more@example.org"],
            user: nil,
            password: nil
        )
        #expect(Self.send(way) == .delivered("SMTP reply 250"))
        let line = try await server.line(containing: "mail ")
        #expect(line.contains("relay@example.org ['crew@example.org', 'more@example.org']"), "\(line)")
        #expect(line.contains("Subject: =?UTF-8?B?") && line.contains("Date: "))
        // A password is never sent in the clear.
        let secret = AlertReceiverSpec.Way.email(
            server: "smtp://127.0.0.1:\(port)",
            from: "relay@example.org",
            to: ["crew@example.org"],
            user: "relay",
            password: try HiddenText("hush")
        )
        guard case .failed = Self.send(secret) else { return #expect(Bool(false)) }
    }

    private static func mail(to port: Int) -> AlertReceiverSpec.Way {
        .email(
            server: "smtp://127.0.0.1:\(port)",
            from: "relay@example.org",
            to: ["crew@example.org"],
            user: nil,
            password: nil
        )
    }

    @Test(arguments: [("greeting", "554"), ("recipient", "550"), ("data", "451")])
    func `a mail that is refused is said to be`(place: String, code: String) async throws {
        let (server, port) = try await Self.python(Self.refusingMail, [place])
        guard case .failed(let reason) = Self.send(Self.mail(to: port)) else {
            return #expect(Bool(false), "it was taken")
        }
        #expect(reason.contains(code), "\(reason)")
        server.kill()
    }

    @Test func `a mail server that says nothing is waited for no longer than there is time`() async throws {
        let (server, port) = try await Self.python(Self.refusingMail, ["silence"])
        let start = ContinuousClock.now
        guard case .failed(let reason) = Self.send(Self.mail(to: port)) else {
            return #expect(Bool(false), "it was taken")
        }
        let time = ContinuousClock.now - start
        #expect(time >= AlertCarriers.limit - .seconds(1) && time < AlertCarriers.limit * 3, "\(time): \(reason)")
        server.kill()
    }

    @Test func `a broker passes it on`() async throws {
        let scratch = try Scratch("mosquitto")
        let port = try #require(try FreePorts.take(1).first)
        let file = try scratch.write("listener \(port) 127.0.0.1\nallow_anonymous true\n".utf8, to: "m.conf")
        let broker = try Program.start("/usr/sbin/mosquitto", ["-v", "-c", file])
        _ = try await broker.line(containing: "running")
        let reader = try Program.start(
            "stdbuf",
            ["-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", "\(port)", "-t", "transponder/alerts"]
        )
        _ = try await broker.line(containing: "Sending SUBACK")
        let way = AlertReceiverSpec.Way.mqtt(
            broker: "mqtt://127.0.0.1:\(port)",
            topic: "transponder/alerts",
            user: nil,
            password: nil
        )
        #expect(Self.send(way) == .delivered("the broker took it"))
        #expect(try await reader.line(containing: "live/main").contains("こんにちは"))
    }

    @Test func `a program is given it at its standard input, and is ended with all it started`() async throws {
        let scratch = try Scratch("hook")
        let script = scratch.file("hook").path
        // Given to a shell: a file that a fork of a test beside this one has open to write cannot be run itself.
        try Data("cat > \"$1\"\necho \"told $1\"\n".utf8).write(to: URL(filePath: script))
        let told = scratch.file("a b; touch c").path
        #expect(Self.send(.command(["/bin/sh", script, told])) == .delivered("it ended well: told \(told)"))
        #expect(try String(contentsOf: scratch.file("a b; touch c"), encoding: .utf8).contains("live/main"))
        #expect(Self.send(.command(["/bin/sh", "-c", "echo no; exit 3"])) == .failed("it ended with status 3: no"))
        #expect(Self.send(.command(["/nowhere/at/all"])).sentence.hasPrefix("it cannot be run"))
        #expect(Self.send(.command([])) == .failed("no program is named"))
    }
}

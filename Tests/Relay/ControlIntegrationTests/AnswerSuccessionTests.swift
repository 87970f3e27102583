import Contract
import Control
import Foundation
import Testing
import Toolkit

/// Players that fetch segments while the relay dies: what they asked for comes whole, over the same connection.
@Suite("A relay that goes on with the answers of a dead one", .serialized, .timeLimit(.minutes(3)))
struct AnswerSuccessionTests {
    /// A picture that fills segments of several hundred kilobytes.
    private static func publish(to address: String, _ stream: String = "main") throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "warning", "-re", "-f", "lavfi"]
                + ["-i", "testsrc2=size=640x360:rate=25,noise=alls=60:allf=t", "-f", "lavfi", "-i", "sine"]
                + ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25", "-b:v", "5M"]
                + ["-c:a", "aac", "-f", "flv", "rtmp://\(address)/live/\(stream)?key=secret"]
        )
    }

    /// Paths of the newest segments of a stream that a player would be told of, and of an initialisation section.
    private static func segments(of http: String, _ playlist: String) async throws -> [String] {
        let master = try await HTTP.get("http://\(http)/live/\(playlist)", until: { $0.status == 200 })
        let media = master.text.split(separator: "\n").first { !$0.hasPrefix("#") } ?? ""
        let list = try await HTTP.get(
            "http://\(http)/live/\(media)",
            until: { response in response.text.split(separator: "\n").count { !$0.hasPrefix("#") } >= 3 }
        )
        let lines = list.text.split(separator: "\n")
        let folder = media.split(separator: "/").dropLast().map { "\($0)/" }.joined()
        let map = lines.first { $0.hasPrefix("#EXT-X-MAP:") }?.split(separator: "\"").dropFirst().first
        let names = lines.filter { !$0.hasPrefix("#") }.suffix(2) + (map.map { [$0] } ?? [])
        return names.map { "/live/\(folder)\($0)" }
    }

    @Test("Segments come whole over three deaths, and connections serve the next request")
    func segmentsComeWhole() async throws {
        let spec = try StandInHost.spec()
        var host = try await StandInHost.start(spec)
        try host.channel.send(.resume(count: 0))
        let publisher = try Self.publish(to: try host.openRTMP())
        // So little is in the kernel that what is read is what the relay has sent just now.
        let http = try host.openHTTP(sendBuffer: 16 << 10)
        var paths = try await Self.segments(of: http, "main.ts.m3u8")
        paths += try await Self.segments(of: http, "main.m3u8")
        try #require(paths.count == 5)
        var dice = SeededGenerator(seed: 11)
        let players = try (0..<24).map { number in
            try SegmentPlayer(
                to: http,
                asking: (0..<3).map { _ in paths.randomElement(using: &dice) ?? "" },
                // As they come, all at once, or a part of one.
                number % 3 == 0 ? .allAtOnce : number % 3 == 1 ? .ranges : .oneByOne
            )
        }
        for kill in 1...3 {
            // Each has been sent something since the last.
            for player in players { try await player.read(.random(in: 1..<120_000, using: &dice)) }
            host = try await host.succeed(spec)
            #expect(try await host.viewers().isEmpty)
            let said = host.program
            _ = try await said.line(containing: "goes on with what the instance before has left")
            #expect(!said.said.contains("HTTP connections closed"), "kill \(kill)")
        }
        for player in players { try await player.readAll() }
        // What the last of them answers now is what all of them were sent by any.
        let door = try host.openHTTP()
        var references: [String: Data] = [:]
        for path in paths { references[path] = try await HTTP.get("http://\(door)\(path)").body }
        #expect(references.values.map(\.count).max() ?? 0 > 300_000)
        for (number, player) in players.enumerated() {
            #expect(!player.hasEnded, "player \(number)")
            #expect(player.answers.count == player.asked.count, "player \(number)")
            for (asked, answer) in zip(player.asked, player.answers) {
                let whole = try #require(references[asked.path])
                let wanted = asked.range.map { whole.subdata(in: $0) } ?? whole
                #expect(answer == wanted, "player \(number): \(answer.count) of \(wanted.count) bytes of \(asked)")
            }
        }
        publisher.kill()
        // Nothing of theirs is kept when they have left.
        for player in players { player.leave() }
        while host.store.all.contains(where: { $0.0.label.contains(#""exchange""#) }) { _ = try await host.beat() }
    }

    @Test("Who waits for a playlist, or has said half of a request, is answered by whoever follows")
    func waitingRequestsAreAnswered() async throws {
        let spec = try StandInHost.spec()
        var host = try await StandInHost.start(spec)
        try host.channel.send(.resume(count: 0))
        let http = try host.openHTTP()
        let main = try Self.publish(to: try host.openRTMP())
        let path = try #require(try await Self.segments(of: http, "main.ts.m3u8").first)
        let waiting = try SegmentPlayer(to: http, asking: ["/live/late.ts.m3u8"], .oneByOne)
        // Between two requests, the second of which is half said.
        let between = try SegmentPlayer(to: http, asking: [path], .oneByOne)
        try await between.readAll()
        try between.say("GET \(path) HT")
        while host.store.all.count(where: { $0.0.label.contains(#""exchange""#) }) < 2 { _ = try await host.beat() }
        // What was said has been read by then.
        _ = try await host.beat()
        for _ in 0..<2 { host = try await host.succeed(spec) }
        try between.say("TP/1.1\r\nHost: test\r\n\r\n", asking: path)
        try await between.readAll()
        #expect(between.answers.count == 2 && between.answers.first == between.answers.last && !between.hasEnded)
        let late = try Self.publish(to: try host.openRTMP(), "late")
        try await waiting.readAll()
        let text = waiting.answers.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        #expect(text.hasPrefix("#EXTM3U"), "\(text)")
        // The connection is as good as any: for a stream that does not end, too.
        try between.say("GET /live/main.flv HTTP/1.1\r\nHost: test\r\n\r\n")
        while !host.store.all.contains(where: { $0.0.label.contains(#""viewer""#) && $0.0.kind == .connection }) {
            _ = try await host.beat()
        }
        #expect(try await host.viewers().count == 1)
        main.kill()
        late.kill()
    }
}

/// Somebody who fetches segments over one connection, as slowly as it is told to.
private final class SegmentPlayer {
    struct Broken: Error { let what: String }

    enum Manner { case oneByOne, allAtOnce, ranges }

    struct Asked {
        let path: String
        let range: Range<Int>?
    }

    private let socket: Socket
    private var open: [Asked]
    private var bytes: [UInt8] = []
    /// Of the answer that is read now: where its body begins, and how long it is.
    private var body: (start: Int, count: Int)?
    private(set) var asked: [Asked] = []
    private(set) var answers: [Data] = []
    private(set) var hasEnded = false

    init(to address: String, asking paths: [String], _ manner: Manner) throws {
        self.socket = try Socket(to: address, receiveBuffer: 8 << 10)
        self.open = paths.map { Asked(path: $0, range: manner == .ranges ? 100..<700 : nil) }
        if manner == .allAtOnce { while !self.open.isEmpty { try self.ask() } } else { try self.ask() }
    }

    private func ask() throws {
        guard !self.open.isEmpty else { return }
        let next = self.open.removeFirst()
        self.asked.append(next)
        let range = next.range.map { "Range: bytes=\($0.lowerBound)-\($0.upperBound - 1)\r\n" } ?? ""
        try self.socket.send("GET \(next.path) HTTP/1.1\r\nHost: test\r\n\(range)\r\n")
    }

    func say(_ text: String, asking path: String? = nil) throws {
        if let path { self.asked.append(Asked(path: path, range: nil)) }
        try self.socket.send(text)
    }

    func leave() { self.socket.hangUp() }

    /// Reads so many bytes, or all there is to come.
    func read(_ count: Int) async throws {
        var read = 0
        while read < count, self.answers.count < self.asked.count, !self.hasEnded {
            read += try await self.readSome()
        }
    }

    func readAll() async throws { try await self.read(.max) }

    private func readSome() async throws -> Int {
        let more = try await self.socket.receive()
        guard !more.isEmpty else {
            self.hasEnded = true
            return 0
        }
        self.bytes += more
        while try self.takeAnswer() {}
        return more.count
    }

    private func takeAnswer() throws -> Bool {
        if self.body == nil {
            let end = Array("\r\n\r\n".utf8)
            guard let head = self.bytes.indices.first(where: { self.bytes[$0...].starts(with: end) }) else {
                return false
            }
            let text = String(decoding: self.bytes[..<head], as: UTF8.self)
            let lines = text.split(separator: "\r\n")
            guard text.hasPrefix("HTTP/1.1 20"),
                let length = lines.first(where: { $0.hasPrefix("Content-Length: ") })?.split(separator: " ").last,
                let count = Int(length)
            else { throw Broken(what: text) }
            self.body = (head + 4, count)
        }
        guard let body = self.body, self.bytes.count >= body.start + body.count else { return false }
        self.answers.append(Data(self.bytes[body.start..<body.start + body.count]))
        self.bytes.removeFirst(body.start + body.count)
        self.body = nil
        try self.ask()
        return true
    }
}

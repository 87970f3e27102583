import Contract
import Control
import Foundation
import Linux
import NIOCore
import Testing
import Toolkit
import Wire

@Suite("A relay that goes on with what a dead one has left", .serialized, .timeLimit(.minutes(3)))
struct SuccessionTests {
    private static func publish(to address: String) throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "warning", "-re", "-f", "lavfi"]
                + ["-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine"]
                + ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25"]
                + ["-c:a", "aac", "-f", "flv", "rtmp://\(address)/live/main?key=secret"]
        )
    }

    /// Plays so many pictures, for as long as that takes, over one connection.
    private static func play(_ address: String, _ options: [String] = [], frames: Int) throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "error"] + options + ["-i", address, "-map", "0:v"]
                + ["-frames:v", "\(frames)", "-f", "framemd5", "-"]
        )
    }

    @Test("Viewers stay connected, and get whole records with times that rise")
    func viewersStay() async throws {
        let spec = try StandInHost.spec()
        let first = try await StandInHost.start(spec)
        try first.channel.send(.resume(count: 0))
        let (rtmp, http, rtsp) = (try first.openRTMP(), try first.openHTTP(), try first.openRTSP())
        let publisher = try Self.publish(to: rtmp)
        _ = try await first.beats { $0.streams.contains { $0.source != nil && !$0.tracks.isEmpty } }
        let recordings = try (0..<8).map { _ in try FLVRecording(http, "/live/main.flv") }
        let players = [
            "rtmp": try Self.play("rtmp://\(rtmp)/live/main", frames: 250),
            "flv": try Self.play("http://\(http)/live/main.flv", frames: 250),
            "ts": try Self.play("http://\(http)/live/main.ts", frames: 250),
            "mp4": try Self.play("http://\(http)/live/main.mp4", frames: 250),
            "rtsp": try Self.play("rtsp://\(rtsp)/live/main", ["-rtsp_transport", "tcp"], frames: 250),
        ]
        for recording in recordings { await recording.wait(for: 60) }
        while try await first.viewers().count(where: { $0.bytes > 0 }) < recordings.count + players.count {}

        let second = try await first.succeed(spec)
        publisher.kill()
        let before = try recordings.map { try $0.tags().count }
        let kept = try await second.viewers()
        #expect(kept.count == recordings.count + players.count)
        #expect(Set(kept.map(\.protocol)) == [.rtmp, .flv, .ts, .mp4, .rtsp])
        let again = try Self.publish(to: try second.openRTMP())
        for (recording, count) in zip(recordings, before) {
            await recording.wait(for: count + 60)
            #expect(!recording.isClosed)
            #expect(try recording.hasRisingTimes())
        }
        for (name, player) in players {
            let result = try await player.result(within: .seconds(40))
            let frames = result.outputText.split(separator: "\n").count { !$0.hasPrefix("#") }
            #expect(frames == 250, "\(name): \(result.errorText)")
        }
        #expect(again.isRunning)
        // What was left has been given up, and what is stored is of this instance alone: the recordings, and the publisher.
        while second.store.all.count(where: { $0.0.kind == .connection }) > recordings.count + 1 {
            _ = try await second.beat()
        }
    }

    @Test("A player by RTSP is heard by each instance that goes on with it")
    func playersAreHeard() async throws {
        let spec = try StandInHost.spec()
        var host = try await StandInHost.start(spec)
        try host.channel.send(.resume(count: 0))
        let rtsp = try host.openRTSP()
        let publisher = try Self.publish(to: try host.openRTMP())
        _ = try await host.beats { $0.streams.contains { $0.source != nil && !$0.tracks.isEmpty } }
        let player = try RTSPPlayer(to: rtsp)
        try await player.play()
        while !host.store.all.contains(where: { $0.0.label.contains("viewer") && $0.0.kind == .connection }) {
            _ = try await host.beat()
        }
        host = try await host.succeed(spec)
        let alive = try await player.ask("GET_PARAMETER")
        #expect(alive.status == .ok && alive.headers["Session"]?.hasPrefix(player.session) == true)
        #expect(try await player.ask("PAUSE").status == .ok)
        // What it is sent ends with the answer, over another death as well.
        try await player.expectSilence()
        host = try await host.succeed(spec)
        #expect(try await player.ask("OPTIONS").status == .ok)
        try await player.expectSilence()
        #expect(try await player.ask("PLAY").status == .ok)
        try await player.expectFrames()
        #expect(try await player.ask("TEARDOWN").status == .ok)
        // The connection may have another session.
        #expect(try await player.ask("DESCRIBE").status == .ok)
        // The answer does not wait for the thread that sends, which lets go of the viewer.
        while try await !host.viewers().isEmpty { _ = try await host.beat() }
        publisher.kill()
    }

    @Test("What cannot be gone on with is let go of, and everybody else is served")
    func whatIsNonsenseIsLetGo() async throws {
        let host = try await StandInHost.start(try StandInHost.spec())
        let socket = try TCPSocket.pair().parted()
        let labels = [
            "nonsense", #"{"tape":{"_0":{"packets":{"_0":"main"}}}}"#, #"{"viewers":{"thread":0}}"#,
            #"{"tape":{"_0":{"wire":{"_0":"main","format":"flv","variant":0}}}}"#, #"{"intake":{}}"#,
        ]
        for (number, label) in labels.enumerated() {
            let memory = try SharedMemory.make(name: "nonsense", size: 1 << 20)
            let stored = StoredDescriptor(number: UInt64(number), kind: .memory, label: label)
            let copy = try memory.descriptor.duplicate()
            host.store.keep(stored, HeldDescriptor(try memory.descriptor.duplicate()))
            try host.channel.send(.restore(stored, nil), descriptor: copy)
        }
        let viewer = #"{"viewer":{"table":2,"_1":{"thread":0,"slot":0,"generation":1}}}"#
        let publisher = #"{"publisher":{"memory":4}}"#
        for (number, label) in [(UInt64(9), viewer), (8, publisher)] {
            let stored = StoredDescriptor(number: number, kind: .connection, label: label)
            host.store.keep(stored, number == 9 ? socket.first : socket.second)
            let handover = Handover(stage: number == 9 ? .http : .rtmp, peer: "127.0.0.1:1", isSecure: false)
            let copy = try number == 9 ? socket.first.duplicate() : socket.second.duplicate()
            try host.channel.send(.restore(stored, handover), descriptor: copy)
        }
        try host.channel.send(.resume(count: labels.count + 2))
        // Its own table of viewers is what is left.
        while host.store.all.contains(where: { $0.0.number <= 9 }) { _ = try await host.beat() }
        let (rtmp, http) = (try host.openRTMP(), try host.openHTTP())
        let encoder = try Self.publish(to: rtmp)
        let recording = try FLVRecording(http, "/live/main.flv")
        await recording.wait(for: 20)
        #expect(!recording.isClosed && encoder.isRunning)
        #expect(host.program.said.contains("publisher cut at the end of the relay's last instance"))
    }

    @Test("Viewers of a stream that has to begin anew are ended and not left waiting")
    func whoseStreamBeginsAnewEnds() async throws {
        let first = try await StandInHost.start(try StandInHost.spec())
        try first.channel.send(.resume(count: 0))
        let publisher = try Self.publish(to: try first.openRTMP())
        _ = try await first.beats { $0.streams.contains { $0.source != nil && !$0.tracks.isEmpty } }
        let recording = try FLVRecording(try first.openHTTP(), "/live/main.flv")
        await recording.wait(for: 30)
        // A larger tape is not in memory of this size.
        let limits = try LimitsSpec(memory: 2 << 30, tape: 256 << 20)
        let second = try await first.succeed(try StandInHost.spec(limits: limits))
        await recording.wait(for: .max)
        #expect(recording.isClosed)
        #expect(try recording.hasRisingTimes())
        #expect(try await second.viewers().isEmpty)
        #expect(second.program.said.contains("a stream's tape cannot be gone on with"))
        publisher.kill()
    }
}

/// A player by RTSP over one connection, which says what it likes.
private final class RTSPPlayer {
    struct Ended: Error {}

    private let socket: Socket
    private let base: String
    private var asked = 0
    private var decoder = RTSPMessageDecoder()
    private var bytes = ByteBuffer()
    private(set) var session = ""

    init(to address: String) throws {
        self.socket = try Socket(to: address)
        self.base = "rtsp://\(address)/live/main"
    }

    func play() async throws {
        let setup = try await self.ask("SETUP", track: 0, ["Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"])
        self.session = String(setup.headers["Session"]?.prefix { $0 != ";" } ?? "")
        #expect(try await self.ask("PLAY").status == .ok)
        try await self.expectFrames()
    }

    /// The answer; what is sent before it is counted.
    @discardableResult
    func ask(_ method: String, track: Int? = nil, _ headers: [String: String] = [:]) async throws -> RTSPResponse {
        self.asked += 1
        var text = "\(method) \(self.base)\(track.map { "/trackID=\($0)" } ?? "") RTSP/1.0\r\nCSeq: \(self.asked)\r\n"
        if !self.session.isEmpty, method != "DESCRIBE" { text += "Session: \(self.session)\r\n" }
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        try self.socket.send(text + "\r\n")
        while true {
            if case .response(let response) = try await self.next() {
                #expect(response.headers["CSeq"] == "\(self.asked)")
                return response
            }
        }
    }

    func expectFrames() async throws {
        for _ in 0..<10 { _ = try await self.next() }
    }

    /// Nothing comes for a while.
    func expectSilence() async throws {
        #expect(self.bytes.readableBytes == 0)
        let more = try? await self.socket.receive(within: .milliseconds(400))
        #expect(more == nil, "\(more?.count ?? 0) bytes")
    }

    private func next() async throws -> RTSPMessage {
        while true {
            if let message = try self.decoder.next(from: &self.bytes) { return message }
            let more = try await self.socket.receive()
            guard !more.isEmpty else { throw Ended() }
            self.bytes.writeBytes(more)
        }
    }
}

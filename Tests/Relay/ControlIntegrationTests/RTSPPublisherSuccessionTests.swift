import Contract
import Control
import Foundation
import Linux
import Media
import NIOCore
import Testing
import Toolkit
import Wire

@Suite("A relay that goes on with RTSP publishers of a dead one", .serialized, .timeLimit(.minutes(3)))
struct RTSPPublisherSuccessionTests {
    private static func publish(_ film: URL, to address: String) throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "warning", "-re", "-i", film.path, "-c", "copy"]
                + ["-f", "rtsp", "-rtsp_transport", "tcp", "rtsp://\(address)/live/main?key=secret"]
        )
    }

    private static func publishByGStreamer(to address: String) throws -> Program {
        let video =
            "videotestsrc is-live=true num-buffers=150 ! video/x-raw,width=320,height=180,framerate=25/1 "
            + "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! h264parse ! queue ! out.sink_0"
        let audio =
            "audiotestsrc is-live=true num-buffers=280 ! audio/x-raw,rate=48000,channels=2 ! opusenc ! queue ! out.sink_1"
        let sink = "rtspclientsink name=out protocols=tcp location=\"rtsp://\(address)/live/main?key=secret\""
        let words = "\(video) \(audio) \(sink)".replacingOccurrences(of: "!", with: "'!'")
        return try Program.start("sh", ["-c", "exec gst-launch-1.0 \(words)"])
    }

    @Test("ffmpeg is not cut; each picture is on the tape once")
    func ffmpegStays() async throws {
        let scratch = try Scratch()
        let film = try await PublisherSuccessionTests.film(in: scratch)
        let spec = try StandInHost.spec()
        var host = try await StandInHost.start(spec)
        try host.channel.send(.resume(count: 0))
        let publisher = try Self.publish(film, to: try host.openRTSP())
        host = try await host.killed(spec, times: 4, seed: 11, onceKept: "publisher")
        let ended = try await host.beats { $0.streams.first?.loss != nil }
        #expect(ended.streams.first?.loss?.source.link?.lost == 0)
        let result = try await publisher.result(within: .seconds(40))
        // Whoever could not read an answer would say so.
        #expect(result.ending == .exit(0) && result.errorText.isEmpty, "\(result.errorText)")
        // Sender reports move pictures by parts of a millisecond.
        try await PublisherSuccessionTests.check(film, host, steps: 39_000...41_000, unsent: 8)
    }

    @Test("GStreamer is not cut; nothing is lost")
    func gstreamerStays() async throws {
        let spec = try StandInHost.spec()
        var host = try await StandInHost.start(spec)
        try host.channel.send(.resume(count: 0))
        let publisher = try Self.publishByGStreamer(to: try host.openRTSP())
        _ = try await host.beats { ($0.streams.first?.counters.packetsIn ?? 0) > 250 }
        host = try await host.killed(spec, times: 1, seed: 5, onceKept: "publisher")
        let result = try await publisher.result(within: .seconds(40))
        #expect(result.ending == .exit(0), "\(result.errorText)")
        let ended = try await host.beats { $0.streams.first?.loss != nil }
        #expect(ended.streams.first?.loss?.cause == .ended)
        #expect(ended.streams.first?.loss?.source.link?.lost == 0)
        host.program.signal(SIGKILL)
        _ = try await host.program.result(within: .seconds(10))
        let pictures = try PublisherSuccessionTests.packets(in: host.store).filter { $0.track == .video }
        #expect(pictures.count == 150)
        // Sound may come to the stream behind its first pictures; after two seconds nothing is new.
        let breaks = pictures.indices.filter { pictures[$0].flags.contains(.discontinuity) }
        #expect(breaks.allSatisfy { $0 <= 50 }, "\(breaks)")
        let steps = zip(pictures, pictures.dropFirst()).map { ($1.dts - $0.dts).microseconds }
        #expect(steps.allSatisfy { $0 > 0 && $0 < 200_000 }, "\(steps)")
    }

    @Test("What a publisher asks is answered once, whichever instance hears it, and no answer is torn")
    func answersAreWhole() async throws {
        let spec = try StandInHost.spec()
        var host = try await StandInHost.start(spec)
        try host.channel.send(.resume(count: 0))
        let talker = try RTSPTalker(to: try host.openRTSP())
        try await talker.record()
        let hearing = Task { await talker.hear() }
        let sending = Task { try await talker.send(pictures: 150) }
        host = try await host.killed(spec, times: 3, seed: 2, onceKept: "publisher")
        try await sending.value
        _ = try await host.beats { $0.streams.first?.loss != nil }
        let heard = try RTSPTalker.read(await hearing.value)
        #expect(heard.answers == (1...154).map { "\($0)" })
        #expect(heard.failures == 0)
        // Some each few seconds, whoever lives.
        #expect(heard.reports > 0)
    }
}

/// A publisher that asks a question behind every picture.
private final class RTSPTalker: @unchecked Sendable {
    // @unchecked: one task uses what changes; another reads the socket.
    struct Heard {
        var answers: [String] = []
        var failures = 0
        var reports = 0
    }

    private let socket: Socket
    private let base: String
    private var asked = 0
    private var packetizer: RTPPacketizer
    private let description: String

    init(to address: String) throws {
        self.socket = try Socket(to: address)
        self.base = "rtsp://\(address)/live/main"
        let record: [UInt8] =
            [1, 0x42, 0xC0, 0x0A, 0xFF, 0xE1, 0, 0x17] + Self.sequenceSet + [1, 0, 5] + Self.pictureSet
        let configuration = CodecConfiguration(codec: .h264, record: ByteBuffer(bytes: record))
        let presentation = RTPPresentation([.video: configuration], path: "live/main")
        let track = try #require(presentation.tracks.first)
        self.packetizer = RTPPacketizer(track, framing: .interleaved, limit: 1200, sequence: 65_500)
        self.description = presentation.sessionDescription()
    }

    private static let sequenceSet: [UInt8] = [
        0x67, 0x42, 0xC0, 0x0A, 0xD9, 0x04, 0x7B, 0x01, 0x10, 0, 0, 3, 0, 0x10, 0, 0, 3, 3, 0x20, 0xF1, 0x22, 0x64,
        0x80,
    ]
    private static let pictureSet: [UInt8] = [0x68, 0xCB, 0x83, 0xCB, 0x20]

    private func ask(_ method: String, _ address: String, _ headers: [String: String] = [:], body: String = "") throws {
        self.asked += 1
        var text = "\(method) \(address) RTSP/1.0\r\nCSeq: \(self.asked)\r\n"
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { text += "\(name): \(value)\r\n" }
        if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
        try self.socket.send(text + "\r\n" + body)
    }

    func record() async throws {
        let type = ["Content-Type": "application/sdp"]
        try self.ask("ANNOUNCE", self.base + "?key=secret", type, body: self.description)
        let control = try #require(self.description.split(separator: "a=control:").last?.split(separator: "\r\n").first)
        let track = control.contains("://") ? String(control) : "\(self.base)/\(control)"
        try self.ask("SETUP", track, ["Transport": "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record"])
        try self.ask("RECORD", self.base)
    }

    /// Sends so many, 25 in a second, and ends the session.
    func send(pictures: Int) async throws {
        for index in 0..<pictures {
            let isKeyframe = index % 25 == 0
            let start: [UInt8] = isKeyframe ? [0x65, 0x88] : [0x41, 0x9A]
            let unit = start + (0..<(isKeyframe ? 4000 : 500)).map { UInt8(0x40 | (index &* 7 &+ $0) & 0x3F) }
            let time = MediaTime(microseconds: 40_000 * Int64(index))
            var frames = ByteBuffer()
            self.packetizer.write(
                Packet(
                    track: .video,
                    pts: time,
                    dts: time,
                    flags: isKeyframe ? .keyframe : [],
                    payload: ByteBuffer(bytes: [0, 0, UInt8(unit.count >> 8), UInt8(unit.count & 255)] + unit)
                ),
                into: &frames
            )
            try self.socket.send(frames.readableBytesView)
            try self.ask("GET_PARAMETER", self.base)
            try await Task.sleep(for: .milliseconds(40))
        }
        try self.ask("TEARDOWN", self.base)
    }

    /// All that comes until the peer has answered the end of the session. Whoever does not read is not answered.
    func hear() async -> [UInt8] {
        var all: [UInt8] = []
        // What does not come is missed by whoever reads it.
        while !all.suffix(400).containsText("CSeq: 154\r\n"), let more = try? await self.socket.receive(), !more.isEmpty
        {
            all += more
        }
        return all
    }

    static func read(_ all: [UInt8]) throws -> Heard {
        var heard = Heard()
        var decoder = RTSPMessageDecoder()
        var bytes = ByteBuffer(bytes: all)
        while let message = try decoder.next(from: &bytes) {
            switch message {
            case .response(let response):
                heard.answers.append(response.headers["CSeq"] ?? "")
                if response.status != .ok { heard.failures += 1 }
            case .interleaved(let frame):
                let (packets, isWellFormed) = RTCPPacket.read(frame.payload)
                #expect(isWellFormed && frame.channel == 1 && packets.count == 2)
                heard.reports += 1
            case .request: heard.failures += 1
            }
        }
        return heard
    }
}

extension ArraySlice<UInt8> {
    fileprivate func containsText(_ text: String) -> Bool { String(decoding: self, as: UTF8.self).contains(text) }
}

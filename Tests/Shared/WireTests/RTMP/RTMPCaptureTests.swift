import Foundation
import NIOCore
import Testing
import Wire

/// What real programs sent, recorded once: their handshake is left off where it is only filler.
@Suite struct RTMPCaptureTests {
    struct Capture: Sendable, CustomTestStringConvertible {
        let name: String
        let connect: String
        let media: [FLVTag.Kind: Int]
        var stops = true

        var testDescription: String { self.name }

        func bytes() throws -> ByteBuffer {
            let folder = try #require(Bundle.module.resourceURL).appending(path: "Corpus/rtmp")
            var bytes = ByteBuffer(bytes: try Data(contentsOf: folder.appending(path: self.name)))
            // The first byte is for fuzzers; its lowest bit says that the handshake is there.
            let options = bytes.readInteger(as: UInt8.self) ?? 0
            guard options & 1 == 0 else { return bytes }
            return ByteBuffer(bytes: [3]) + ByteBuffer(repeating: 0, count: 2 * 1536) + bytes
        }
    }

    /// Counts as the programs were asked for them: frames, a sequence header of each codec, and ffmpeg's end of sequence.
    static let publishers: [Capture] = [
        Capture(name: "ffmpeg-publish", connect: "live/ff5", media: [.video: 9, .audio: 8, .script: 1]),
        Capture(name: "ffmpeg-enhanced-publish", connect: "live/ff9", media: [.video: 9, .audio: 38, .script: 1]),
        Capture(
            name: "ffmpeg-multitrack-publish",
            connect: "live/ff9multi",
            media: [.video: 9, .audio: 17, .script: 1]
        ),
        Capture(name: "gstreamer-publish", connect: "live/gst", media: [:], stops: false),
        Capture(name: "librtmp-publish", connect: "live/lib", media: [:], stops: false),
        Capture(name: "nginx-push", connect: "live/fromnginx", media: [:], stops: false),
    ]

    static let viewers: [Capture] = [
        Capture(name: "rtmpdump-play", connect: "live/main", media: [:]),
        Capture(name: "ffmpeg-play-with-handshake", connect: "live/main", media: [:]),
        Capture(name: "gstreamer-play", connect: "live/main", media: [:], stops: false),
    ]

    private static func story(of bytes: ByteBuffer, piece: Int) throws -> [RTMPServerEvent] {
        var server = RTMPWillingServer()
        var rest = bytes
        while let bytes = rest.readSlice(length: min(piece, rest.readableBytes)), bytes.readableBytes > 0 {
            try server.receive(bytes)
        }
        return server.story
    }

    @Test(arguments: Self.publishers)
    func readsPublishers(_ capture: Capture) throws {
        let bytes = try capture.bytes()
        let story = try Self.story(of: bytes, piece: .max)
        guard case .connect = story.first, case .publish(let request)? = story.dropFirst().first else {
            Issue.record("no questions")
            return
        }
        #expect("\(request.app)/\(request.stream)" == capture.connect)
        #expect(request.query["key"] == "a")
        #expect(story.contains(.stopped) == capture.stops)

        let tags = story.compactMap { event in if case .message(let tag) = event { tag } else { nil } }
        if !capture.media.isEmpty {
            #expect(Dictionary(grouping: tags, by: \.kind).mapValues(\.count) == capture.media)
        }
        #expect(tags.first?.kind == .script)
        let metadata = try AMF0Decoder.decodeAll(try #require(tags.first).body)
        #expect(metadata.first == "onMetaData")
        for kind in [FLVTag.Kind.video, .audio] {
            let times = tags.filter { $0.kind == kind }.map(\.timestamp)
            #expect(times.count > 2 && times == times.sorted() && times.last ?? 0 < 2000)
        }

        #expect(try Self.story(of: bytes, piece: 1) == story)
        #expect(try Self.story(of: bytes, piece: 100) == story)
    }

    @Test(arguments: Self.viewers)
    func readsViewers(_ capture: Capture) throws {
        let bytes = try capture.bytes()
        let story = try Self.story(of: bytes, piece: .max)
        guard case .connect = story.first, case .play(let request)? = story.dropFirst().first else {
            Issue.record("no questions")
            return
        }
        #expect("\(request.app)/\(request.stream)" == capture.connect)
        #expect(story.contains(.stopped) == capture.stops)
        #expect(try Self.story(of: bytes, piece: 1) == story)
    }

    /// nginx-rtmp's answers to a viewer and to an encoder, read by our client.
    @Test(arguments: ["client-play-from-nginx", "client-play-from-ours", "client-publish-to-nginx"])
    func readsServers(_ name: String) throws {
        let bytes = try Capture(name: name, connect: "", media: [:]).bytes()
        let role: RTMPClientConfiguration.Role = name.contains("play") ? .play : .publish
        let configuration = try #require(RTMPClientConfiguration(role: role, url: "rtmp://host/live/main"))
        for piece in [1, 100, bytes.readableBytes] {
            var client = RTMPClientSession(configuration: configuration, nonce: 1)
            var rest = bytes
            var told: [RTMPClientEvent] = []
            while let bytes = rest.readSlice(length: min(piece, rest.readableBytes)), bytes.readableBytes > 0 {
                told += try client.receive(bytes)
            }
            #expect(told.contains(.ready))
            let tags = told.compactMap { event in if case .message(let tag) = event { tag } else { nil } }
            #expect(role == .publish ? tags.isEmpty : tags.contains { $0.kind == .video })
        }
    }
}

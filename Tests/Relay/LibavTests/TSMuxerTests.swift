import Foundation
import Libav
import Media
import NIOCore
import Testing
import Toolkit

@Suite("MPEG-TS")
struct TSMuxerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var video: Sample.Video?
        var audio: Sample.Audio?
        var testDescription: String {
            [self.video?.rawValue, self.audio?.rawValue].compactMap { $0 }.joined(separator: "+")
        }
        var sample: Sample { Sample(self.video, self.audio) }
    }

    static let cases = [
        Case(video: .h264, audio: .aac), Case(video: .h264, audio: .mp3), Case(video: .hevc, audio: .opus),
        Case(video: .h264, audio: .ac3), Case(video: .hevc, audio: .eac3), Case(video: nil, audio: .aac),
        Case(video: .openGOP, audio: nil),
    ]

    static func mux(_ packets: some Sequence<Packet>, _ muxer: inout TSMuxer) throws -> ByteBuffer {
        var file = ByteBuffer()
        for packet in packets { file.append(try muxer.append(packet)) }
        return file
    }

    @Test("What goes in comes out, at once, in time and in step", arguments: Self.cases)
    func roundTrip(_ test: Case) async throws {
        let recording = try await Recording(test.sample)
        var muxer = try TSMuxer.make(recording.configurations)
        var file = ByteBuffer()
        for packet in recording.packets {
            let bytes = try muxer.append(packet)
            let made = try #require(TSPacket.all(in: bytes))
            let units = made.filter { $0.pts != nil }
            let due = Int64(((packet.pts + TSMuxer.lead).seconds * 90_000).rounded())
            try #require(units.count == 1, "each packet is one PES packet, complete")
            #expect(abs((units[0].pts ?? 0) - due) <= (packet.track.kind == .audio ? 181 : 1))
            file.append(bytes)
        }
        #expect(try #require(TSPacket.all(in: file)).continuityErrors == 0)

        let scratch = try Scratch()
        let path = try scratch.write(file.readableBytesView, to: "out.ts")
        let packets = try await FFprobe.packets(path)
        #expect(packets.isMonotonic)
        #expect(packets.video().count == recording.packets(of: .video).count)
        #expect(packets.audio().count == recording.packets(of: .audio).count)

        let modern = try await FFmpeg.modern()
        if test.video != nil {
            let source = try await DecodedFrame.all(of: recording.path, program: modern)
            let frames = try await DecodedFrame.all(of: path, program: modern)
            #expect(source.map(\.hash) == frames.map(\.hash))
        }
        if test.audio != nil {
            let source = try await DecodedFrame.all(of: recording.path, kind: "a", program: modern)
            let frames = try await DecodedFrame.all(of: path, kind: "a", program: modern)
            // A decoder is told by FLV, but not by MPEG-TS, what to drop of the first frames.
            #expect(source.suffix(40).map(\.hash) == frames.suffix(40).map(\.hash))
        }
        if test.video != nil, test.audio != nil {
            let before = try #require(try await AVOffset.measure(recording.path, program: modern).milliseconds)
            let after = try #require(try await AVOffset.measure(path, program: modern).milliseconds)
            #expect(abs(before - after) < 5)
        }
    }

    @Test(
        "Access units come out byte for byte, but for delimiters and repeated parameter sets",
        arguments: [Sample.Video.h264, .hevc]
    )
    func accessUnits(_ video: Sample.Video) async throws {
        let recording = try await Recording(Sample(video, .aac))
        var muxer = try TSMuxer.make(recording.configurations)
        let file = try Self.mux(recording.packets, &muxer)
        let scratch = try Scratch()
        let path = try scratch.write(file.readableBytesView, to: "out.ts")
        let stream = try await Program.run(
            FFmpeg.system,
            [
                "-nostdin", "-loglevel", "error", "-i", path, "-map", "0:v", "-c", "copy", "-f",
                video == .h264 ? "h264" : "hevc", "-",
            ]
        ).output
        func isPicture(_ unit: ArraySlice<UInt8>) -> Bool {
            guard let header = unit.first else { return false }
            return video == .h264 ? ![7, 8, 9].contains(header & 0x1F) : !(32...35).contains(header >> 1 & 0x3F)
        }
        var sent: [[UInt8]] = []
        for packet in recording.packets(of: .video) {
            for place in NALUnits(packet.payload, lengthSize: 4) {
                let unit = packet.payload.getBytes(at: place.lowerBound, length: place.count) ?? []
                if isPicture(unit[...]) { sent.append(unit) }
            }
        }
        let received = Self.byteStreamUnits([UInt8](stream)).filter(isPicture).map(Array.init)
        #expect(received == sent)
        #expect(sent.count >= 120)
    }

    @Test("A viewer can join at any keyframe, recovery points too", arguments: [Sample.Video.h264, .openGOP, .hevc])
    func join(_ video: Sample.Video) async throws {
        let recording = try await Recording(Sample(video, .aac))
        var muxer = try TSMuxer.make(recording.configurations)
        let joins = recording.joins
        #expect(joins.count == 4)
        _ = try Self.mux(recording.packets[..<joins[2]], &muxer)
        let file = try Self.mux(recording.packets[joins[2]...], &muxer)
        let packets = try #require(TSPacket.all(in: file))
        let tables = packets.prefix { $0.pid < 0x20 || $0.pid == 0x1000 }
        #expect(tables.contains { $0.pid == 0 } && tables.contains { $0.pid == 0x1000 })
        let first = packets[tables.count]
        #expect(first.isRandomAccess)
        let clock = recording.packets[joins[2]].dts
        #expect(
            abs((first.clock ?? 0) - Int64((clock.seconds * 90_000).rounded())) <= 1,
            "the PCR is the stream's clock"
        )

        let scratch = try Scratch()
        let path = try scratch.write(file.readableBytesView, to: "out.ts")
        // Pictures that lead a recovery point need what came before it.
        let frames = try await DecodedFrame.all(of: path, isStrict: video != .openGOP)
        let whole = try await DecodedFrame.all(of: recording.path, program: try await FFmpeg.modern())
        #expect(frames.suffix(55).map(\.hash) == whole.suffix(55).map(\.hash))
    }

    @Test("A muxer made anew continues a viewer's stream, and without the mark it would not")
    func recreated() async throws {
        let recording = try await Recording(Sample(.h264, .aac))
        let middle = recording.joins[2]
        func file(followsAnother: Bool) throws -> ByteBuffer {
            var first = try TSMuxer.make(recording.configurations)
            var second = try TSMuxer.make(recording.configurations, tablesVersion: 1, followsAnother: followsAnother)
            var file = try Self.mux(recording.packets[..<middle], &first)
            file.append(try Self.mux(recording.packets[middle...], &second))
            return file
        }
        let marked = try file(followsAnother: true)
        #expect(try #require(TSPacket.all(in: marked)).continuityErrors == 0)
        #expect(try #require(TSPacket.all(in: try file(followsAnother: false))).continuityErrors > 0)

        let scratch = try Scratch()
        let path = try scratch.write(marked.readableBytesView, to: "out.ts")
        let packets = try await FFprobe.packets(path)
        #expect(packets.isMonotonic)
        #expect(packets.count == recording.packets.count)
        let frames = try await DecodedFrame.all(of: path)
        #expect(frames.map(\.hash) == (try await DecodedFrame.all(of: recording.path)).map(\.hash))
    }

    @Test("Time stamps wrap at 2³³ ticks, 26.5 hours, and the stream goes on")
    func wrap() async throws {
        let wrap = MediaTime(microseconds: (1 << 33) * 100 / 9)
        let recording = try await Recording(Sample(.h264, .aac), from: wrap - .seconds(2.1))
        var muxer = try TSMuxer.make(recording.configurations)
        let file = try Self.mux(recording.packets, &muxer)
        let stamps = try #require(TSPacket.all(in: file)).compactMap(\.pts)
        #expect(stamps.contains { $0 > 1 << 32 } && stamps.contains { $0 < 1 << 20 })
        let clocks = try #require(TSPacket.all(in: file)).compactMap(\.clock)
        #expect(clocks.contains { $0 > 1 << 32 } && clocks.contains { $0 < 1 << 20 })

        let scratch = try Scratch()
        let path = try scratch.write(file.readableBytesView, to: "out.ts")
        let packets = try await FFprobe.packets(path)
        #expect(packets.isMonotonic)
        #expect(packets.count == recording.packets.count)
        let frames = try await DecodedFrame.all(of: path)
        #expect(frames.map(\.hash) == (try await DecodedFrame.all(of: recording.path)).map(\.hash))
    }

    @Test("A stream of sound alone can be joined where the caller says")
    func soundAlone() async throws {
        let recording = try await Recording(Sample(nil, .aac))
        var muxer = try TSMuxer.make(recording.configurations)
        for (index, packet) in recording.packets.enumerated() {
            let isJoin = index % 40 == 0
            let packets = try #require(TSPacket.all(in: try muxer.append(packet, join: isJoin)))
            if isJoin {
                #expect(packets.contains { $0.pid == 0x1000 })
                #expect(packets.contains { $0.isRandomAccess && $0.clock != nil })
            }
        }
    }

    @Test("What cannot be muxed is refused in words, and the muxer goes on")
    func refusals() async throws {
        for codec in Codec.allCases where !TSMuxer.carries(codec) {
            #expect(throws: LibavError.unsupported(codec, format: .mpegTS)) {
                _ = try TSMuxer.make([(TrackID(codec.kind), CodecConfiguration(codec: codec, record: ByteBuffer()))])
            }
        }
        #expect(Codec.allCases.filter(TSMuxer.carries) == [.h264, .hevc, .aac, .mp3, .opus, .ac3, .eac3, .mp2])

        let recording = try await Recording(Sample(.h264, .aac))
        var muxer = try TSMuxer.make([recording.configurations[0]])
        let sound = try #require(recording.packets(of: .audio).first)
        #expect(throws: LibavError.unknownTrack(.audio)) { try muxer.append(sound) }
        var broken = recording.packets(of: .video)[0]
        broken.payload = ByteBuffer(bytes: [0, 0, 1, 0, 0x65, 0x88])
        #expect(throws: LibavError.malformed(.video, .h264, reason: "the lengths of its NAL units do not add up")) {
            try muxer.append(broken)
        }
        broken.payload = ByteBuffer()
        #expect(try muxer.append(broken).readableBytes == 0)
        #expect(muxer.counts.empty == 1)
        let file = try Self.mux(recording.packets(of: .video), &muxer)
        let scratch = try Scratch()
        let packets = try await FFprobe.packets(try scratch.write(file.readableBytesView, to: "out.ts"))
        #expect(packets.count == recording.packets(of: .video).count)
    }

    @Test("A configuration that cannot be read is refused by its track", arguments: [Sample.Video.h264, .hevc])
    func badConfigurations(_ video: Sample.Video) async throws {
        let recording = try await Recording(Sample(video, .aac))
        for index in recording.configurations.indices {
            var configurations = recording.configurations
            configurations[index].1.record = ByteBuffer(bytes: [1, 2])
            guard configurations[index].0.kind == .video else {
                configurations[index].1.channels = 0
                #expect(throws: LibavError.self) { _ = try TSMuxer.make(configurations) }
                continue
            }
            let error = #expect(throws: LibavError.self) { _ = try TSMuxer.make(configurations) }
            guard case .configuration(.video, _)? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    /// The units between start codes, without trailing zeros.
    private static func byteStreamUnits(_ stream: [UInt8]) -> [ArraySlice<UInt8>] {
        var starts: [Int] = []
        var index = 0
        while index + 2 < stream.count {
            if stream[index] == 0, stream[index + 1] == 0, stream[index + 2] == 1 {
                starts.append(index + 3)
                index += 3
            } else {
                index += 1
            }
        }
        return starts.enumerated().map { number, start in
            var end = number + 1 < starts.count ? starts[number + 1] - 3 : stream.count
            while end > start, stream[end - 1] == 0 { end -= 1 }
            return stream[start..<end]
        }
    }
}

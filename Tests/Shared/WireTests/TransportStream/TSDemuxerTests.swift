import Foundation
import Media
import NIOCore
import Testing
import Toolkit
import Wire

struct TSDemuxerTests {
    @Test(arguments: [
        (Sample.Video.h264, Sample.Audio.aac, Codec.h264, Codec.aac), (.hevc, .mp3, .hevc, .mp3),
        (.openGOP, .ac3, .h264, .ac3), (.h264Baseline, .eac3, .h264, .eac3), (.h264, .opus, .h264, .opus),
    ])
    func `Units have the times, sizes and keyframes that ffprobe finds`(
        video: Sample.Video,
        audio: Sample.Audio,
        videoCodec: Codec,
        audioCodec: Codec
    ) async throws {
        let path = try await Sample(video, audio, seconds: 3, container: "ts").path()
        let probed = try await FFprobe.packets(path)
        let harvest = TSHarvest(ByteBuffer(bytes: try Data(contentsOf: URL(fileURLWithPath: path))), chunk: 1316)
        #expect(harvest.configurations[.video]?.map(\.codec) == [videoCodec])
        #expect(harvest.configurations[.audio]?.map(\.codec) == [audioCodec])
        #expect(harvest.configurations[.video]?.first?.width == 320)
        #expect(harvest.configurations[.audio]?.first?.sampleRate == 48_000)
        #expect(harvest.configurations[.audio]?.first?.channels == 2)

        let pictures = probed.video()
        #expect(harvest.video.count == pictures.count)
        for (unit, probe) in zip(harvest.video, pictures) {
            #expect(abs(unit.timestamp - Int64((probe.dtsTime ?? 0) * 1_000_000)) <= 12)
            #expect(abs(unit.timestamp + unit.compositionOffset - Int64((probe.ptsTime ?? 0) * 1_000_000)) <= 23)
            #expect(unit.isKeyframe == probe.isKeyframe)
        }
        let frames = probed.audio()
        #expect(harvest.audio.count == frames.count)
        for (unit, probe) in zip(harvest.audio, frames) {
            #expect(abs(unit.timestamp - Int64((probe.ptsTime ?? 0) * 1_000_000)) <= 25)
        }
        #expect(harvest.video.rises && harvest.audio.rises)
        var quiet = harvest.statistics
        (quiet.packets, quiet.tableChanges) = (0, 0)
        #expect(quiet == TSStatistics())
    }

    @Test(arguments: [1, 7, 187, 188, 189, 1316, 4001])
    func `However the bytes are cut, the same comes of them`(chunk: Int) async throws {
        let bytes = try await TSMaterial.bytes(.h264, .aac)
        let whole = TSHarvest(bytes)
        let cut = TSHarvest(bytes.getSlice(at: 0, length: min(bytes.readableBytes, 188 * 400)) ?? bytes, chunk: chunk)
        #expect(cut.video.count > 10)
        // The last unit ends where the bytes do.
        #expect(cut.video.dropLast() == whole.video.prefix(cut.video.count - 1))
        #expect(cut.audio.dropLast() == whole.audio.prefix(cut.audio.count - 1))
    }

    @Test func `A picture does not wait for the one after it`() async throws {
        let packets = TSMaterial.packets(try await TSMaterial.bytes(.h264, nil))
        let pid = TSMaterial.mainPID(packets)
        var demuxer = TSDemuxer()
        var starts = 0
        var pictures = 0
        var late = 0
        for packet in packets {
            if TSMaterial.pid(packet) == pid, TSMaterial.startsUnit(packet) {
                // All that began before this one should have been given out; one that fills its last packet cannot be.
                if pictures < starts { late += 1 }
                starts += 1
            }
            pictures += demuxer.receive(packet).count { if case .packet = $0 { true } else { false } }
        }
        #expect(starts == 90)
        #expect(late <= 6, "\(late) waited")
    }

    @Test func `Bare AAC and LATM make the same frames`() async throws {
        let sample = Sample(nil, .aac, seconds: 3)
        let adts = TSHarvest(try await TSMaterial.bytes(of: sample, []))
        let latm = TSHarvest(try await TSMaterial.bytes(of: sample, ["-mpegts_flags", "latm"]))
        #expect(adts.audio.count > 130)
        #expect(adts.audio.map(\.payload) == latm.audio.map(\.payload))
        #expect(adts.audio.map(\.timestamp) == latm.audio.map(\.timestamp))
        let (first, second) = (adts.configurations[.audio]?.first, latm.configurations[.audio]?.first)
        #expect(first?.sampleRate == second?.sampleRate && first?.channels == second?.channels)
        #expect(latm.statistics.malformedUnits == 0)
    }

    @Test func `Times go on where their counter turns`() async throws {
        // 2³³ ticks are 95443.7 s.
        let bytes = try await TSMaterial.bytes(of: Sample(seconds: 4), ["-output_ts_offset", "95441"])
        let harvest = TSHarvest(bytes)
        #expect(harvest.video.count == 120)
        #expect(harvest.video.rises && harvest.audio.rises)
        let span = (harvest.video.last?.timestamp ?? 0) - (harvest.video.first?.timestamp ?? 0)
        #expect(abs(span - 3_966_667) < 1000)
    }

    @Test func `Packets of other sizes are read`() async throws {
        let bytes = try await TSMaterial.bytes(.h264, .aac)
        let wanted = TSHarvest(bytes)
        let packets = TSMaterial.packets(bytes)
        let stamped = packets.reduce(into: ByteBuffer()) { all, packet in
            all.writeInteger(0x1234_5678 as UInt32)
            all.writeImmutableBuffer(packet)
        }
        let protected = packets.reduce(into: ByteBuffer()) { all, packet in
            all.writeImmutableBuffer(packet)
            all.writeRepeatingByte(0xAA, count: 16)
        }
        for bytes in [stamped, protected] {
            let harvest = TSHarvest(bytes, chunk: 1000)
            #expect(harvest.video == wanted.video)
            #expect(harvest.audio == wanted.audio)
            #expect(harvest.statistics.syncLosses == 0)
        }
    }

    @Test func `Another coding on the same PID is taken over`() async throws {
        var bytes = try await TSMaterial.bytes(.h264, .aac)
        bytes.writeImmutableBuffer(
            try await TSMaterial.bytes(
                of: Sample(.hevc, .ac3, seconds: 3, size: "640x360", container: "ts"),
                ["-mpegts_flags", "initial_discontinuity", "-tables_version", "1"]
            )
        )
        let harvest = TSHarvest(bytes, chunk: 1316)
        #expect(harvest.configurations[.video]?.map(\.codec) == [.h264, .hevc])
        #expect(harvest.configurations[.audio]?.map(\.codec) == [.aac, .ac3])
        #expect(harvest.configurations[.video]?.last?.width == 640)
        #expect(harvest.video.count == 180)
        #expect(harvest.statistics.tableChanges == 1)
    }

    @Test func `A stream begun in its midst starts with a keyframe`() async throws {
        let packets = TSMaterial.packets(try await TSMaterial.bytes(.h264, .aac))
        let pid = TSMaterial.mainPID(packets)
        let starts = packets.indices.filter { TSMaterial.pid(packets[$0]) == pid && TSMaterial.startsUnit(packets[$0]) }
        let harvest = TSHarvest(TSMaterial.joined(Array(packets[starts[35]...])), chunk: 1316)
        #expect(harvest.video.first?.isKeyframe == true)
        #expect(harvest.video.count >= 30)
        #expect(harvest.statistics.heldUnits > 0)
    }

    @Test func `What is not carried is named`() async throws {
        let bytes = try await TSMaterial.bytes(of: Sample(.h264, .aac, seconds: 2), ["-c:v", "mpeg2video"])
        let harvest = TSHarvest(bytes)
        #expect(harvest.video.isEmpty)
        #expect(harvest.audio.count > 80)
        #expect(harvest.statistics.foreignTypes == [2])
        #expect(harvest.omissions.map(\.codec) == ["MPEG-2 video"])
        #expect(harvest.omissions.map(\.part) == [.video])
    }

    @Test(
        arguments: [
            (0x06, [0x05, 4] + Array("AV01".utf8), "AV1"), (0x06, [0x05, 4] + Array("BSSD".utf8), "SMPTE 302M"),
            (0x06, [0x7B, 1, 0], "DTS"), (0x10, [], "MPEG-4 Visual"), (0xEA, [], "VC-1"), (0x83, [0x05, 9], "TrueHD"),
            // Subtitles and cue messages.
            (0x06, [0x59, 0], nil), (0x86, [0x05, 4] + Array("CUEI".utf8), nil), (0x06, [], nil),
        ] as [(UInt8, [UInt8], String?)]
    )
    func `What is not carried is named though nothing else is there`(
        type: UInt8,
        descriptors: [UInt8],
        codec: String?
    ) {
        var demuxer = TSDemuxer()
        func receive(_ counter: UInt8) -> [SourceEvent] {
            let list = TSTable.list([1: 0x100], counter: counter)
            let map = TSTable.map(program: 1, [(type, 0x101, descriptors)], counter: counter)
            return demuxer.receive(ByteBuffer(bytes: list + map))
        }
        // Tables come again and again, and it is said once; and once more where another source may have taken over.
        let first = (0..<3).flatMap { receive($0) }
        _ = demuxer.interrupt()
        let second = (3..<5).flatMap { receive($0) }
        for events in [first, second] {
            let told = events.compactMap { if case .omission(let omission) = $0 { omission.codec } else { nil } }
            #expect(told == (codec.map { [$0] } ?? []))
        }
    }

    @Test func `Tracks beyond the limit are told of`() {
        var demuxer = TSDemuxer()
        let events = (0..<3).flatMap { (counter: UInt8) in
            let list = TSTable.list([1: 0x100], counter: counter)
            let map = TSTable.map(program: 1, (0..<18).map { (0x0F, 0x101 + $0, []) }, counter: counter)
            return demuxer.receive(ByteBuffer(bytes: list + map))
        }
        #expect(events.count == 1)
        guard case .omission(let omission)? = events.first else { return }
        #expect(omission.reason == .tooManyTracks && omission.part == .audio)
    }

    @Test func `An encrypted track is told of, and one damaged packet is not`() async throws {
        var packets = TSMaterial.packets(try await TSMaterial.bytes(.h264, .aac))
        let pid = TSMaterial.mainPID(packets)
        for index in packets.indices where TSMaterial.pid(packets[index]) == pid {
            let flags = packets[index].getInteger(at: packets[index].readerIndex + 3, as: UInt8.self) ?? 0
            packets[index].setInteger(flags | 0x80, at: packets[index].readerIndex + 3)
        }
        let harvest = TSHarvest(TSMaterial.joined(packets))
        #expect(harvest.omissions.map(\.reason) == [.unsupportedForm])
        #expect(harvest.omissions.map(\.part) == [.video])
        #expect(harvest.video.isEmpty && harvest.audio.count > 100)
    }
}

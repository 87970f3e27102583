import Media
import NIOCore
import Testing
import Toolkit
import Wire

/// What adaptation fields say of counters and clocks: ISO/IEC 13818-1 sections 2.4.3.4 and 2.4.3.5.
struct TSClockTests {
    private static let video: UInt16 = 0x100
    private static let audio: UInt16 = 0x101

    private static func builder() -> TSBuilder {
        TSBuilder(
            [
                .init(pid: Self.video, type: 0x1B, streamID: 0xE0), .init(pid: Self.audio, type: 0x03, streamID: 0xC0),
            ],
            clockPID: Self.video
        )
    }

    /// A frame of layer II: 48 kHz, stereo, 64 kbit/s, 192 bytes, 24 ms.
    private static let frame: [UInt8] = [0xFF, 0xFD, 0x44, 0x00] + [UInt8](repeating: 0x11, count: 188)

    /// Pictures of 40 ms and sounds of 24 ms; `clock` maps true time to what the stream's clock shows, both 90 kHz.
    private static func stream(
        pictures: Int,
        clock: (Int64) -> Int64,
        announces: (Int) -> Bool = { _ in false },
        change: (Int, inout TSBuilder) -> Void = { _, _ in }
    ) -> [UInt8] {
        var builder = Self.builder()
        var sound: Int64 = 0
        for number in 0..<pictures {
            let time = Int64(number) * 3600
            if number % 25 == 0 { builder.tables() }
            change(number, &builder)
            builder.unit(
                Self.video,
                TSPictures.picture(number, isKeyframe: number % 25 == 0),
                pts: clock(time) + 9000,
                isDiscontinuous: announces(number),
                clock: clock(time)
            )
            while sound < time + 3600 {
                let late = min(0, sound - time)
                builder.unit(Self.audio, Self.frame, pts: clock(sound - late) + 9000 + late, isSized: true)
                sound += 2160
            }
        }
        return builder.take()
    }

    private static func steps(_ packets: [SourcePacket]) -> Set<Int64> {
        Set(zip(packets, packets.dropFirst()).map { $1.timestamp - $0.timestamp })
    }

    @Test func `A packet without payload that announces it sets the counter it carries`() {
        let bytes = Self.stream(
            pictures: 125,
            clock: { $0 + 900_000 },
            change: { number, builder in
                guard [35, 85, 110].contains(number) else { return }
                builder.counters[Self.video]? += 7
                builder.counters[Self.video]? &= 15
                builder.packet(Self.video, nil, isDiscontinuous: true)
            }
        )
        let harvest = TSHarvest(ByteBuffer(bytes: bytes))
        #expect(harvest.video.count == 125)
        #expect(harvest.statistics.lostPackets == 0)
        #expect(harvest.statistics.heldUnits == 0)
    }

    @Test func `A counter that jumps without announcement is a loss all the same`() {
        let bytes = Self.stream(
            pictures: 125,
            clock: { $0 + 900_000 },
            change: { number, builder in
                guard number == 35 else { return }
                builder.counters[Self.video]? += 7
                builder.counters[Self.video]? &= 15
                builder.packet(Self.video, nil)
            }
        )
        let harvest = TSHarvest(ByteBuffer(bytes: bytes))
        #expect(harvest.statistics.lostPackets > 0)
        #expect(harvest.video.count == 110)
    }

    @Test(arguments: [-27_000, 27_000, -450_000, 720_000, 2_000_000_000, -890_000_000] as [Int64])
    func `Where the stream announces that its clock jumps, times go on`(by jump: Int64) {
        let start: Int64 = 900_000_000
        let bytes = Self.stream(
            pictures: 100,
            clock: { time in (start + time + (time >= 50 * 3600 ? jump : 0)) & 0x1_FFFF_FFFF },
            announces: { $0 == 50 }
        )
        let harvest = TSHarvest(ByteBuffer(bytes: bytes))
        #expect(harvest.video.count == 100)
        let steps = zip(harvest.video, harvest.video.dropFirst()).map { $1.timestamp - $0.timestamp }
        #expect(steps.allSatisfy { abs($0 - 40_000) < 8_000 }, "\(steps.filter { $0 != 40_000 })")
        // Sound and picture are together as before.
        let pairs = [(harvest.video[10], harvest.audio[17]), (harvest.video[90], harvest.audio[150])]
        let apart = pairs.map { $0.0.timestamp - $0.1.timestamp - (pairs[0].0.timestamp - pairs[0].1.timestamp) }
        #expect(abs(apart[1] - (80 * 40_000 - 133 * 24_000)) < 2_000, "\(apart)")
    }

    @Test func `An announcement without a jump changes no time`() {
        let plain = Self.stream(pictures: 100, clock: { $0 + 900_000 })
        let announced = Self.stream(pictures: 100, clock: { $0 + 900_000 }, announces: { $0 % 10 == 5 })
        #expect(TSHarvest(ByteBuffer(bytes: plain)).video == TSHarvest(ByteBuffer(bytes: announced)).video)
        #expect(TSHarvest(ByteBuffer(bytes: plain)).audio == TSHarvest(ByteBuffer(bytes: announced)).audio)
    }

    @Test(arguments: [720_000, -720_000, 1 << 32, 3_383_000_000] as [Int64])
    func `One time that is off moves no other`(by error: Int64) {
        var builder = Self.builder()
        for number in 0..<100 {
            if number % 25 == 0 { builder.tables() }
            let time = Int64(number) * 3600 + 5_000_000
            builder.unit(
                Self.video,
                TSPictures.picture(number, isKeyframe: number % 25 == 0),
                pts: (time + 9000 + (number == 40 ? error : 0)) & 0x1_FFFF_FFFF,
                clock: time
            )
        }
        let video = TSHarvest(ByteBuffer(bytes: builder.take())).video
        let times = video.enumerated().filter { $0.offset != 40 }.map {
            $0.element.timestamp - Int64($0.offset) * 40_000
        }
        #expect(video.count == 100)
        #expect(Set(times).count == 1)
    }

    @Test func `One clock reference that is off moves nothing`() {
        var builder = Self.builder()
        for number in 0..<100 {
            if number % 25 == 0 { builder.tables() }
            let time = Int64(number) * 3600 + 5_000_000
            builder.unit(
                Self.video,
                TSPictures.picture(number, isKeyframe: number % 25 == 0),
                pts: time + 9000,
                clock: number == 40 ? time ^ 1 << 32 : time
            )
        }
        #expect(Self.steps(TSHarvest(ByteBuffer(bytes: builder.take())).video) == [40_000])
    }

    @Test func `Units of all tracks together have a limit`() {
        let streams = (0..<16).map { TSBuilder.Stream(pid: 0x100 + $0, type: 0x1B, streamID: 0xE0) }
        var builder = TSBuilder(streams, clockPID: 0x100)
        builder.tables()
        var configuration = TSDemuxer.Configuration()
        configuration.limits.openBytes = 100_000
        // Full packets: nothing shows where the units end, and all are open at once.
        let first: [UInt8] = [0, 0, 1, 0xE0, 0, 0, 0x80, 0x80, 5, 0x21, 0x00, 0x37, 0x77, 0x41]
        let picture = TSPictures.picture(0, isKeyframe: true, size: 184)
        let more = [UInt8](repeating: 0x55, count: 184)
        for stream in streams { builder.packet(stream.pid, Array((first + picture).prefix(184)), isStart: true) }
        for _ in 0..<100 {
            for stream in streams { builder.packet(stream.pid, more) }
        }
        for stream in streams {
            builder.unit(stream.pid, TSPictures.picture(1, isKeyframe: false), pts: 903_600)
        }
        let harvest = TSHarvest(ByteBuffer(bytes: builder.take()), configuration)
        let whole = harvest.packets.values.filter { $0.contains(where: \.isKeyframe) }
        #expect((1...5).contains(whole.count))
        #expect(harvest.statistics.malformedUnits >= 10)
    }
}

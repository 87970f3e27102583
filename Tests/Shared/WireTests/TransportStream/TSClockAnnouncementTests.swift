import Media
import NIOCore
import Testing
import Toolkit
import Wire

/// Where packets announce that a counter or a clock jumps, and whose: ISO/IEC 13818-1 sections 2.4.3.4 and 2.4.3.5.
struct TSClockAnnouncementTests {
    private static let video: UInt16 = 0x100
    private static let audio: UInt16 = 0x101
    private static let streams: [TSBuilder.Stream] = [
        .init(pid: Self.video, type: 0x1B, streamID: 0xE0), .init(pid: Self.audio, type: 0x03, streamID: 0xC0),
    ]
    private static let start: Int64 = 900_000_000
    private static let mask: Int64 = 0x1_FFFF_FFFF

    /// A frame of layer II: 48 kHz, 24 ms.
    private static let frame: [UInt8] = [0xFF, 0xFD, 0x44, 0x00] + [UInt8](repeating: 0x11, count: 188)

    /// How a multiplexer says that its clock jumps.
    enum Announcement: CaseIterable {
        /// A packet without payload has the flag and the first reading of the new clock.
        case aloneWithReading
        /// A packet without payload has the flag; the reading comes with the next picture.
        case aloneBeforeReading
        /// Several packets in a row have the flag before the reading, as the standard allows.
        case severalBeforeReading
    }

    /// Pictures of 40 ms and sounds of 24 ms that jump by `jump` at picture 50.
    private static func jumping(by jump: Int64, _ announcement: Announcement) -> [UInt8] {
        var builder = TSBuilder(Self.streams, clockPID: Self.video)
        var sound: Int64 = 0
        for number in 0..<100 {
            let time = Int64(number) * 3600
            let clock = (Self.start + time + (number >= 50 ? jump : 0)) & Self.mask
            if number % 25 == 0 { builder.tables() }
            if number == 50 {
                switch announcement {
                case .aloneWithReading: builder.packet(Self.video, nil, isDiscontinuous: true, clock: clock)
                case .aloneBeforeReading: builder.packet(Self.video, nil, isDiscontinuous: true)
                case .severalBeforeReading:
                    for _ in 0..<3 { builder.packet(Self.video, nil, isDiscontinuous: true) }
                }
            }
            builder.unit(
                Self.video,
                TSPictures.picture(number, isKeyframe: number % 25 == 0),
                pts: (clock + 9000) & Self.mask,
                clock: clock
            )
            while sound < time + 3600 {
                builder.unit(Self.audio, Self.frame, pts: (clock + 9000 + sound - time) & Self.mask, isSized: true)
                sound += 2160
            }
        }
        return builder.take()
    }

    @Test(
        arguments: Announcement.allCases,
        [-27_000, 27_000, -450_000, 720_000, 2_000_000_000, -890_000_000] as [Int64]
    )
    func `A jump announced by a packet of its own begins an era`(_ announcement: Announcement, by jump: Int64) {
        let harvest = TSHarvest(ByteBuffer(bytes: Self.jumping(by: jump, announcement)))
        #expect(harvest.video.count == 100)
        #expect(harvest.statistics.lostPackets == 0)
        let steps = zip(harvest.video, harvest.video.dropFirst()).map { $1.timestamp - $0.timestamp }
        #expect(steps.allSatisfy { abs($0 - 40_000) < 8_000 }, "\(steps.filter { $0 != 40_000 })")
        let sounds = zip(harvest.audio, harvest.audio.dropFirst()).map { $1.timestamp - $0.timestamp }
        #expect(sounds.allSatisfy { abs($0 - 24_000) < 8_000 }, "\(sounds.filter { $0 != 24_000 })")
        let apart = { (picture: Int, sound: Int) in
            harvest.video[picture].timestamp - Int64(picture) * 40_000 - harvest.audio[sound].timestamp
                + Int64(sound) * 24_000
        }
        #expect(abs(apart(90, 150) - apart(10, 17)) < 2_000)
    }

    /// As after a splice in the midst of a unit.
    @Test(arguments: [Self.video, Self.audio])
    func `The counter that such a packet carries holds for its PID alone, between units and within`(pid: UInt16) {
        var builder = TSBuilder(Self.streams, clockPID: Self.video)
        var expected = 0
        for number in 0..<125 {
            let time = Int64(number) * 3600 + 900_000
            if number % 25 == 0 { builder.tables() }
            let jump = { (builder: inout TSBuilder) in
                builder.counters[pid] = ((builder.counters[pid] ?? 0) + 7) & 15
                builder.packet(pid, nil, isDiscontinuous: true)
            }
            if [35, 85].contains(number) { jump(&builder) }
            var parts = TSBuilder(Self.streams, clockPID: Self.video)
            parts.counters = builder.counters
            let picture = TSPictures.picture(number, isKeyframe: number % 25 == 0)
            parts.unit(Self.video, picture, pts: time, clock: time - 9000)
            let packets = parts.take()
            builder.append(packets.prefix(188), counters: parts.counters)
            if pid == Self.video, number == 110 {
                // The counters of what follows go on from the one that is carried.
                builder.counters[pid] = 3
                builder.packet(pid, nil, isDiscontinuous: true)
                builder.append(Self.renumbered(packets.dropFirst(188), from: 3), counters: parts.counters)
                builder.counters[pid] = UInt8((3 + packets.count / 188 - 1) & 15)
            } else {
                builder.append(packets.dropFirst(188), counters: parts.counters)
            }
            builder.unit(Self.audio, Self.frame, pts: time, isSized: true)
            expected += 1
        }
        let harvest = TSHarvest(ByteBuffer(bytes: builder.take()))
        #expect(harvest.video.count == expected)
        #expect(harvest.audio.count == expected)
        #expect(harvest.statistics.lostPackets == 0)
        #expect(harvest.statistics.heldUnits == 0)
    }

    private static func renumbered(_ packets: ArraySlice<UInt8>, from counter: UInt8) -> [UInt8] {
        var bytes = Array(packets)
        for (number, start) in stride(from: 0, to: bytes.count, by: 188).enumerated() {
            bytes[start + 3] = bytes[start + 3] & 0xF0 | (counter + 1 + UInt8(number)) & 15
        }
        return bytes
    }

    // MARK: Programmes

    private static let other: [TSBuilder.Stream] = [
        .init(pid: 0x200, type: 0x1B, streamID: 0xE0), .init(pid: 0x201, type: 0x03, streamID: 0xC0),
    ]

    /// Two programmes, each with times of its own; only the second jumps, and says so.
    private static func programmes(clockPID: UInt16, announces: Bool) -> [UInt8] {
        var builder = TSBuilder(Self.streams + Self.other, clockPID: Self.video)
        let programs: [TSBuilder.Program] = [
            .init(number: 1, mapPID: 0x1000, clockPID: clockPID, streams: Self.streams),
            .init(number: 2, mapPID: 0x1001, clockPID: 0x200, streams: Self.other),
        ]
        for number in 0..<100 {
            let time = Int64(number) * 3600
            let theirs = (time + (number >= 50 ? 3_000_000_000 : 17)) & Self.mask
            if number % 25 == 0 { builder.tables(programs) }
            if clockPID != Self.video { builder.packet(clockPID, nil, clock: Self.start + time) }
            builder.unit(
                Self.video,
                TSPictures.picture(number, isKeyframe: number % 25 == 0),
                pts: Self.start + time + 9000,
                clock: clockPID == Self.video ? Self.start + time : nil
            )
            builder.unit(
                0x200,
                TSPictures.picture(number, isKeyframe: number % 25 == 0),
                pts: (theirs + 9000) & Self.mask,
                isDiscontinuous: announces && number == 50,
                clock: theirs
            )
            builder.unit(Self.audio, Self.frame, pts: Self.start + time + 9000, isSized: true)
            builder.unit(0x201, Self.frame, pts: (theirs + 9000) & Self.mask, isSized: true)
        }
        return builder.take()
    }

    @Test(arguments: [Self.video, 0x1FF], [true, false])
    func `The clock of another programme moves nothing`(clockPID: UInt16, announces: Bool) {
        let harvest = TSHarvest(ByteBuffer(bytes: Self.programmes(clockPID: clockPID, announces: announces)))
        #expect(harvest.statistics.otherPrograms == 1)
        #expect(harvest.packets.count == 2)
        for track in [harvest.video, harvest.audio] {
            #expect(track.count == 100)
            let steps = Set(zip(track, track.dropFirst()).map { $1.timestamp - $0.timestamp })
            #expect(steps == [40_000])
        }
    }

    @Test func `A programme's clock that moves to another PID goes on there`() {
        var builder = TSBuilder(Self.streams, clockPID: Self.video)
        for number in 0..<100 {
            let time = Int64(number) * 3600
            let clockPID = number < 50 ? Self.video : 0x1FF
            let program = TSBuilder.Program(number: 1, mapPID: 0x1000, clockPID: clockPID, streams: Self.streams)
            if number % 25 == 0 { builder.tables([program]) }
            if clockPID != Self.video { builder.packet(clockPID, nil, clock: Self.start + time) }
            builder.unit(
                Self.video,
                TSPictures.picture(number, isKeyframe: number % 25 == 0),
                pts: Self.start + time + 9000,
                clock: number < 50 ? Self.start + time : nil
            )
        }
        let video = TSHarvest(ByteBuffer(bytes: builder.take())).video
        #expect(video.count == 100)
        #expect(Set(zip(video, video.dropFirst()).map { $1.timestamp - $0.timestamp }) == [40_000])
    }

    // MARK: Stray times

    enum Stray: CaseIterable { case picture, keyframe, sound }

    /// One unit's time is off; with a clock reference in the stream and without.
    @Test(arguments: Stray.allCases, [90_000, 720_000, -720_000, 1 << 32, 3_383_000_000] as [Int64])
    func `One stray time of any track moves no other`(_ stray: Stray, by error: Int64) {
        for hasClock in [true, false] {
            var builder = TSBuilder(Self.streams, clockPID: hasClock ? Self.video : 0x1FFF)
            let place = stray == .keyframe ? 50 : 40
            for number in 0..<100 {
                let time = Int64(number) * 3600 + 5_000_000
                let strayed = (time + 9000 + (number == place ? error : 0)) & Self.mask
                if number % 25 == 0 { builder.tables() }
                builder.unit(
                    Self.video,
                    TSPictures.picture(number, isKeyframe: number % 25 == 0),
                    pts: stray == .sound ? time + 9000 : strayed,
                    clock: hasClock ? time : nil
                )
                builder.unit(Self.audio, Self.frame, pts: stray == .sound ? strayed : time + 9000, isSized: true)
            }
            let harvest = TSHarvest(ByteBuffer(bytes: builder.take()))
            for (track, isStray) in [(harvest.video, stray != .sound), (harvest.audio, stray == .sound)] {
                #expect(track.count == 100, "\(hasClock)")
                let places = track.enumerated().filter { !isStray || $0.offset != place }.map {
                    $0.element.timestamp - Int64($0.offset) * 40_000
                }
                #expect(Set(places).count == 1, "\(hasClock) \(Set(places))")
            }
        }
    }
}

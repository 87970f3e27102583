import Contract
import Logging
import Media
import NIOCore
import Streams
import Tape
import Testing
import Wire

/// The tracks that viewers are told of are those that the source really sends.
@Suite struct TrackSetTests {
    private let stream: Streams.Stream
    private var sources: UInt64 = 0

    init() throws {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let hub = StreamHub(spec: try RelaySpec(name: RelayName("live")), log: log)
        self.stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
    }

    private mutating func claim(now: Now) throws -> SourceID {
        self.sources += 1
        let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:1", connectedAt: Instant(now))
        try self.stream.claim(source, as: SourceID(self.sources), now: now) { _ in }
        return SourceID(self.sources)
    }

    /// Plays pictures with their sound at the speed of the clock, from `now` on.
    private func play(_ camera: Camera, _ range: Range<Int>, from id: SourceID, now: Double) {
        for index in range {
            let time = Now.at(now + Double(index - range.lowerBound) / 25)
            _ = self.stream.publish(camera.pictures(index..<index + 1), from: id, now: time)
        }
    }

    private static func sounds(_ events: [SourceEvent]) -> [SourceEvent] { Self.only(.audio, events) }

    private static func only(_ kind: TrackKind, _ events: [SourceEvent]) -> [SourceEvent] {
        events.filter { event in
            if case .packet(let packet) = event { packet.track.kind == kind } else { false }
        }
    }

    /// Handlers of the initialisation section of each segment of the list.
    private func handlers(_ list: SegmentList) -> [Set<String>] {
        list.segments.map { segment in
            let bytes = list.initializations[segment.initialization]?.readableBytesView.map(\.self) ?? []
            return Set(["vide", "soun"].filter { name in bytes.firstRange(of: Array(name.utf8)) != nil })
        }
    }

    /// Keyframes twice a second, so that most joins start no segment: those once kept the tracks of the source before.
    @Test mutating func segmentsOfASourceWithoutSoundNameNone() throws {
        _ = try self.stream.segments(of: .mp4, now: .at(0))
        for round in 0..<4 {
            let start = Double(round) * 8
            let id = try self.claim(now: .at(start))
            var camera = Camera()
            camera.hasAudio = round % 2 == 0
            camera.keyframeEvery = 12
            _ = self.stream.publish(camera.configurations, from: id, now: .at(start))
            self.play(camera, 0..<150, from: id, now: start)
            self.stream.leave(id, cause: .disconnected, now: .at(start + 6))
        }
        let list = try self.stream.segments(of: .mp4, now: .at(32))
        let sets = self.handlers(list)
        #expect(sets.count >= 8)
        #expect(Set(sets) == [["vide"], ["vide", "soun"]])
        // Each source has segments of one set, and the sets alternate with the discontinuities.
        let byBreak = Dictionary(grouping: zip(list.segments, sets)) { $0.0.mark.discontinuity }
        #expect(byBreak.count == 4)
        #expect(byBreak.values.allSatisfy { Set($0.map(\.1)).count == 1 })
    }

    @Test mutating func aSoundThatIsAnnouncedAndNeverComesIsNoPartOfTheStream() throws {
        let id = try self.claim(now: .at(0))
        let camera = Camera()
        _ = self.stream.publish(camera.configurations, from: id, now: .at(0))
        for index in 0..<200 {
            let events = Self.only(.video, camera.pictures(index..<index + 1))
            _ = self.stream.publish(events, from: id, now: .at(Double(index) / 25))
        }
        #expect(Set(self.handlers(try self.stream.segments(of: .mp4, now: .at(8)))) == [["vide"]])
        #expect(self.stream.presentation?.tracks.map(\.track) == [.video])
        // Health still hears of it.
        #expect(self.stream.snapshot(now: .at(8)).tracks.count == 2)
    }

    @Test mutating func soundThatStopsForLongLeavesTheStreamAndComesBack() throws {
        let id = try self.claim(now: .at(0))
        let camera = Camera()
        _ = self.stream.publish(camera.configurations, from: id, now: .at(0))
        _ = try self.stream.segments(of: .mp4, now: .at(0))
        for index in 0..<750 {
            let pictures = camera.pictures(index..<index + 1)
            let isSilent = (150..<450).contains(index)
            let events = isSilent ? Self.only(.video, pictures) : pictures
            _ = self.stream.publish(events, from: id, now: .at(Double(index) / 25))
        }
        let sets = self.handlers(try self.stream.segments(of: .mp4, now: .at(30)))
        var runs: [Set<String>] = []
        for set in sets where set != runs.last { runs.append(set) }
        #expect(runs == [["vide", "soun"], ["vide"], ["vide", "soun"]])
    }

    /// A picture is announced and its first keyframe never comes: the sound waits for it two seconds.
    @Test mutating func soundDoesNotWaitForEverForAPicture() throws {
        let id = try self.claim(now: .at(0))
        let leases = try [WireFormat.flv, .ts, .mp4, .rtp].map { try self.stream.open($0, now: .at(0)) }
        let camera = Camera()
        _ = self.stream.publish(camera.configurations, from: id, now: .at(0))
        for index in 0..<40 {
            let events = Self.sounds(camera.pictures(index..<index + 1))
            _ = self.stream.publish(events, from: id, now: .at(Double(index) / 25))
        }
        for lease in leases { #expect(lease.tape.newestJoin == nil) }
        for index in 40..<300 {
            // Pictures that nothing can be made of without a keyframe.
            let events = camera.pictures(index..<index + 1).filter { event in
                if case .packet(let packet) = event { packet.track == .audio || !packet.isKeyframe } else { true }
            }
            _ = self.stream.publish(events, from: id, now: .at(Double(index) / 25))
        }
        for lease in leases { #expect(lease.tape.newestJoin != nil) }
        #expect(self.stream.presentation?.tracks.map(\.track) == [.audio])
        #expect(Set(self.handlers(try self.stream.segments(of: .mp4, now: .at(12)))) == [["soun"]])

        // The camera is switched on: its first keyframe is a join for everybody.
        self.play(camera, 300..<450, from: id, now: 12)
        #expect(self.stream.presentation?.tracks.map(\.track) == [.video, .audio])
        let sets = self.handlers(try self.stream.segments(of: .mp4, now: .at(18)))
        #expect(sets.last == ["vide", "soun"])
        let join = try #require(leases[0].tape.newestJoin)
        var bytes = join.preamble.opening
        bytes.writeImmutableBuffer(try #require(leases[0].tape.copy(join.offset..<leases[0].tape.head)))
        var decoder = FLVTagDecoder()
        var kinds: [FLVTag.Kind] = []
        while let tag = try decoder.next(from: &bytes) { kinds.append(tag.kind) }
        #expect(kinds.prefix(4) == [.script, .video, .audio, .video])
    }

    /// PID to stream type, by each version of the table of a transport stream's program (ISO/IEC 13818-1 section 2.4.4.8).
    private static func tables(_ bytes: ByteBuffer) -> [[Int: UInt8]] {
        var tables: [[Int: UInt8]] = []
        var rest = bytes
        while let packet = rest.readBytes(length: 188) {
            guard Int(packet[1] & 0x1F) << 8 | Int(packet[2]) == 0x1000, packet[1] & 0x40 != 0 else { continue }
            // An adaptation field may come first, then the pointer to the section.
            let pointer = packet[3] & 0x20 == 0 ? 4 : 5 + Int(packet[4])
            let section = packet[(pointer + 1 + Int(packet[pointer]))...]
            let start = section.startIndex
            let length = Int(section[start + 1] & 0xF) << 8 | Int(section[start + 2])
            var place = start + 12 + (Int(section[start + 10] & 0xF) << 8 | Int(section[start + 11]))
            var table: [Int: UInt8] = [:]
            while place < start + 3 + length - 4 {
                let pid = Int(section[place + 1] & 0x1F) << 8 | Int(section[place + 2])
                table[pid] = section[place]
                place += 5 + (Int(section[place + 3] & 0xF) << 8 | Int(section[place + 4]))
            }
            if table != tables.last { tables.append(table) }
        }
        return tables
    }

    @Test mutating func aTrackKeepsItsNumberInATransportStreamWhateverComesBesideIt() throws {
        let lease = try self.stream.open(.ts, now: .at(0))
        var start = 0.0
        // Sound alone, with a picture, sound alone, and a picture alone.
        for (hasVideo, hasAudio) in [(false, true), (true, true), (false, true), (true, false), (true, true)] {
            let id = try self.claim(now: .at(start))
            let camera = Camera()
            let events = camera.configurations.filter { event in
                guard case .configuration(let track, _) = event else { return false }
                return track.kind == .video ? hasVideo : hasAudio
            }
            _ = self.stream.publish(events, from: id, now: .at(start))
            for index in 0..<50 {
                var pictures = camera.pictures(index..<index + 1)
                if !hasVideo { pictures = Self.only(.audio, pictures) }
                if !hasAudio { pictures = Self.only(.video, pictures) }
                _ = self.stream.publish(pictures, from: id, now: .at(start + Double(index) / 25))
            }
            start += 4
            self.stream.leave(id, cause: .disconnected, now: .at(start - 1))
        }
        let tables = Self.tables(try #require(lease.tape.copy(0..<lease.tape.head)))
        let (picture, sound): ([Int: UInt8], [Int: UInt8]) = ([0x100: 0x1B], [0x101: 0x0F])
        let both = picture.merging(sound) { first, _ in first }
        #expect(tables == [sound, both, sound, picture, both])
    }

    @Test mutating func aTrackThatIsCodedOtherwiseHasAnotherNumber() throws {
        let lease = try self.stream.open(.ts, now: .at(0))
        var mp3 = CodecConfiguration(codec: .mp3, record: ByteBuffer())
        (mp3.sampleRate, mp3.channels) = (44_100, 2)
        for (round, isOther) in [false, true, false].enumerated() {
            let start = Double(round) * 4
            let id = try self.claim(now: .at(start))
            let camera = Camera()
            let events = isOther ? [.configuration(.audio, mp3)] : Array(camera.configurations.suffix(1))
            _ = self.stream.publish(events, from: id, now: .at(start))
            for index in 0..<50 {
                let sounds = Self.only(.audio, camera.pictures(index..<index + 1))
                _ = self.stream.publish(sounds, from: id, now: .at(start + Double(index) / 25))
            }
            self.stream.leave(id, cause: .disconnected, now: .at(start + 3))
        }
        let tables = Self.tables(try #require(lease.tape.copy(0..<lease.tape.head)))
        #expect(tables.map(\.count) == [1, 1, 1])
        #expect(tables[0] == tables[2])
        #expect(tables[0].keys != tables[1].keys)
    }
}

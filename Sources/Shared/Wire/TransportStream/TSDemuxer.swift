package import Media
package import NIOCore

/// Makes source events of a transport stream (ISO/IEC 13818-1): bytes in, configurations and access units out, in the
/// form that ``Media/Packet/payload`` documents.
///
/// Times are the source's, µs, without the turns of their counter. Tracks are given out as soon as the tables and what
/// their coding needs are known: nothing is probed. A picture goes out with the packet that ends it, where that shows.
///
/// Ours and not libavformat's because what is lost has to be known: its demuxer tells nothing of broken tables and of
/// encryption, takes no other coding on a known PID, cuts a unit in two when it is read while nothing has come, and
/// needs a thread for each source.
package struct TSDemuxer: Sendable {
    package struct Configuration: Hashable, Sendable {
        package var limits = TSLimits()
        /// After a loss pictures are left out until a decoder can start again; otherwise they are passed on, damaged ones
        /// too.
        package var holdsAfterLoss = true

        package init() {}
    }

    enum Track: Sendable {
        case video(TSVideoTrack)
        case audio(TSAudioTrack)
    }

    struct Elementary: Sendable {
        let id: TrackID
        let coding: TSCoding
        var assembler: TSUnitAssembler
        var track: Track
        /// The stretch of the clock that the unit which has begun belongs to.
        var base: TSClock.Base
        /// Encrypted packets since the last one that is not.
        var scrambledRun = 0
    }

    private let configuration: Configuration

    /// Encrypted packets of a track, one after the other, after which it is said to be.
    private static let scrambledRun = 64

    var framer = TSFramer()
    var clock = TSClock()
    var list = TSSectionAssembler()
    /// Maps by PID, and the numbers of the programmes they are of.
    var maps: [UInt16: TSSectionAssembler] = [:]
    var program: UInt16?
    var map: TSProgramMap?
    var elementaries: [UInt16: Elementary] = [:]
    /// Bytes of the units that have begun and not ended, of all tracks.
    var openBytes = 0
    /// What was told to be left out; it is told again where the source may be another one.
    var told: Set<MediaOmission> = []
    /// What came of units that go into no event, or not yet, since this was last taken.
    package var arrival = MediaArrival()
    /// Counts of tracks that are gone.
    var past = TSStatistics()

    package init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// Whether anything that can be carried has been found.
    package var hasTracks: Bool { !self.elementaries.isEmpty }

    /// What the bytes say. Any number of them may be given at a time.
    package mutating func receive(_ bytes: ByteBuffer) -> [SourceEvent] {
        self.framer.receive(bytes)
        var events: [SourceEvent] = []
        while let bytes = self.framer.next() {
            self.past.packets += 1
            guard let packet = TSPacket(bytes), !packet.isDamaged else {
                self.past.damagedPackets += 1
                continue
            }
            self.take(packet, &events)
        }
        return events
    }

    /// What is held back for a next packet, because none comes.
    package mutating func flush() -> [SourceEvent] {
        var events: [SourceEvent] = []
        for pid in self.elementaries.keys.sorted() {
            for event in self.elementaries[pid]?.assembler.flush() ?? [] { self.take(event, of: pid, &events) }
            events += self.elementaries[pid]?.flush() ?? []
        }
        self.openBytes = 0
        return events
    }

    /// Bytes are missing before the next ones, as whoever brings them knows; continuity counters show it only as long as
    /// no whole turn of 16 is missing.
    package mutating func interrupt() -> [SourceEvent] {
        self.framer.interrupt()
        self.told = []
        var events: [SourceEvent] = []
        for pid in self.elementaries.keys.sorted() {
            for event in self.elementaries[pid]?.assembler.interrupt() ?? [] { self.take(event, of: pid, &events) }
        }
        return events
    }

    /// Whether pictures are held back after a loss, until one comes that a decoder can start at.
    package var isHolding: Bool { self.elementaries.values.contains(where: \.isHolding) }

    package var statistics: TSStatistics {
        var statistics = self.past
        statistics.syncLosses = self.framer.syncLosses
        statistics.skippedBytes = self.framer.skippedBytes
        statistics.damagedPackets += self.framer.damagedPackets
        statistics.brokenSections += self.list.broken + self.maps.values.reduce(0) { $0 + $1.broken }
        for elementary in self.elementaries.values { elementary.count(into: &statistics) }
        return statistics
    }

    // MARK: Packets

    private mutating func take(_ packet: TSPacket, _ events: inout [SourceEvent]) {
        guard packet.pid != TSPacket.nullPID else { return }
        if packet.pid == self.map?.clockPID {
            self.clock.note(
                packet.clockReference,
                isDiscontinuous: packet.isDiscontinuous,
                packets: self.past.packets
            )
        }
        if self.elementaries[packet.pid] != nil {
            guard !packet.isScrambled else {
                self.past.scrambledPackets += 1
                self.noteScrambled(packet.pid, &events)
                return
            }
            self.elementaries[packet.pid]?.scrambledRun = 0
            self.takeMedia(packet, &events)
        } else if packet.pid == 0 {
            for section in self.list.take(packet) { self.takeList(section) }
        } else if self.maps[packet.pid] != nil {
            for section in self.maps[packet.pid]?.take(packet) ?? [] { self.takeMap(section, &events) }
        }
    }

    /// One packet that says so may be damaged.
    private mutating func noteScrambled(_ pid: UInt16, _ events: inout [SourceEvent]) {
        guard let elementary = self.elementaries[pid], elementary.scrambledRun < Self.scrambledRun else { return }
        self.elementaries[pid]?.scrambledRun += 1
        guard elementary.scrambledRun + 1 == Self.scrambledRun else { return }
        self.tell(.encrypted(elementary.id.kind), &events)
    }

    private mutating func tell(_ omission: MediaOmission, _ events: inout [SourceEvent]) {
        guard self.told.insert(omission).inserted else { return }
        events.append(.omission(omission))
    }

    private mutating func takeMedia(_ packet: TSPacket, _ events: inout [SourceEvent]) {
        let before = self.elementaries[packet.pid]?.assembler.openBytes
        // In its place: a copy taken out would have all bytes of the unit copied with every packet.
        let made = self.elementaries[packet.pid]?.assembler.take(packet) ?? []
        let after = self.elementaries[packet.pid]?.assembler.openBytes
        self.openBytes += (after ?? 0) - (before ?? 0)
        var isEarlier = before != nil && packet.isUnitStart
        for event in made {
            // The unit that this packet begins belongs to the clock as it is now, the one that it ends does not.
            if packet.isUnitStart, !isEarlier { self.elementaries[packet.pid]?.base = self.clock.base }
            if case .unit = event { isEarlier = false }
            self.take(event, of: packet.pid, &events)
        }
        if packet.isUnitStart, after != nil { self.elementaries[packet.pid]?.base = self.clock.base }
        // A packet that is repeated adds nothing.
        if let kind = self.elementaries[packet.pid]?.id.kind {
            if let after, !made.isEmpty || after > before ?? 0 {
                self.arrival[kind] = true
            } else if !made.isEmpty {
                self.arrival[kind] = false
            }
        }
        while self.openBytes > self.configuration.limits.openBytes { self.abandonLargest(&events) }
    }

    /// All tracks together hold more than they may: the unit that has the most bytes goes.
    private mutating func abandonLargest(_ events: inout [SourceEvent]) {
        let open = self.elementaries.compactMap { pid, elementary in
            elementary.assembler.openBytes.map { (pid: pid, bytes: $0) }
        }
        guard let largest = open.max(by: { ($0.bytes, $0.pid) < ($1.bytes, $1.pid) }) else {
            self.openBytes = 0
            return
        }
        self.openBytes -= largest.bytes
        for event in self.elementaries[largest.pid]?.assembler.abandon() ?? [] {
            self.take(event, of: largest.pid, &events)
        }
    }

    // MARK: Tables

    private mutating func takeList(_ section: ByteBuffer) {
        guard let list = TSProgramList(section) else { return }
        // The programme that was taken is kept for as long as it is listed; tables of several sections are rare, and
        // then what another section lists is kept too.
        if let program = self.program, list.maps[program] == nil, list.lastSection == 0 { self.program = nil }
        let pids = Set(list.maps.values)
        if list.lastSection == 0 {
            for (pid, assembler) in self.maps where !pids.contains(pid) {
                self.past.brokenSections += assembler.broken
                self.maps[pid] = nil
            }
        }
        for pid in pids.sorted() where self.maps[pid] == nil && self.maps.count < self.configuration.limits.programs {
            self.maps[pid] = TSSectionAssembler()
        }
        self.past.otherPrograms = max(list.maps.count - 1, 0)
    }

    private mutating func takeMap(_ section: ByteBuffer, _ events: inout [SourceEvent]) {
        guard let map = TSProgramMap(section) else { return }
        defer {
            if self.program == map.program || self.program == nil { self.tellOmissions(of: map, &events) }
        }
        if let program = self.program {
            guard map.program == program else { return }
        } else {
            guard !map.streams.isEmpty else {
                self.past.foreignTypes.formUnion(map.foreign.map(\.type))
                return
            }
            self.program = map.program
        }
        guard map != self.map else { return }
        if self.map != nil { self.past.tableChanges += 1 }
        self.map = map
        self.past.foreignTypes = Set(map.foreign.map(\.type))
        self.adopt(map.streams)
    }

    /// Says once what of a programme is left out.
    private mutating func tellOmissions(of map: TSProgramMap, _ events: inout [SourceEvent]) {
        for omission in map.foreign.compactMap(\.omission) { self.tell(omission, &events) }
        for stream in map.streams where self.program != nil && self.elementaries[stream.pid] == nil {
            self.tell(.tooManyTracks(stream.coding.kind, limit: self.configuration.limits.tracks), &events)
        }
    }

    /// Has the tracks be those of the map. One that stays goes on; one that comes takes the place of one that is gone.
    private mutating func adopt(_ streams: [TSElementary]) {
        var kept: [UInt16: Elementary] = [:]
        for stream in streams {
            guard let known = self.elementaries[stream.pid], known.coding == stream.coding else { continue }
            kept[stream.pid] = known
        }
        for (pid, gone) in self.elementaries where kept[pid] == nil {
            gone.count(into: &self.past)
            self.openBytes -= gone.assembler.openBytes ?? 0
        }
        for stream in streams where kept[stream.pid] == nil && kept.count < self.configuration.limits.tracks {
            let used = kept.values.filter { $0.id.kind == stream.coding.kind }.map(\.id.index)
            guard let index = (0...UInt8.max).first(where: { !used.contains($0) }),
                let made = Elementary(
                    id: TrackID(stream.coding.kind, index),
                    stream.coding,
                    self.configuration,
                    base: self.clock.base
                )
            else { continue }
            kept[stream.pid] = made
        }
        self.elementaries = kept
    }

    // MARK: Units

    private mutating func take(_ event: TSUnitAssembler.Event, of pid: UInt16, _ events: inout [SourceEvent]) {
        switch event {
        case .loss:
            self.elementaries[pid]?.lose()
        case .unit(let unit):
            let told = events.count
            defer { if events.count == told, unit.payload.readableBytes > 0 { self.arrival.unused = true } }
            if unit.isDamaged {
                self.elementaries[pid]?.lose()
                // Half a frame of sound is no sound.
                guard !self.configuration.holdsAfterLoss, self.elementaries[pid]?.coding.kind == .video else {
                    self.past.damagedUnits += 1
                    return
                }
            }
            let base = self.elementaries[pid]?.base ?? self.clock.base
            var unit = unit
            // Bits that were flipped must not move the clock of all tracks.
            if unit.hasDoubtfulTimes, let dts = unit.dts, !self.clock.isPlausible(dts, in: base) { unit.forgetTimes() }
            let dts = unit.dts.map { self.clock.unwrap($0, in: base) }
            var offset: Int64 = 0
            if let pts = unit.pts, let dts = unit.dts {
                offset = TSClock.microseconds(TSClock.distance(pts, after: dts))
            }
            events += self.elementaries[pid]?.take(unit, time: dts.map(TSClock.microseconds), offset: offset) ?? []
        }
    }
}

extension TSDemuxer.Elementary {
    init?(
        id: TrackID,
        _ coding: TSCoding,
        _ configuration: TSDemuxer.Configuration,
        base: TSClock.Base
    ) {
        let limits = configuration.limits
        self.id = id
        self.base = base
        self.coding = coding
        switch coding {
        case .h264, .hevc:
            let codec: Codec = coding == .h264 ? .h264 : .hevc
            guard let track = TSVideoTrack(id, codec, holdsAfterLoss: configuration.holdsAfterLoss) else { return nil }
            self.track = .video(track)
            self.assembler = TSUnitAssembler(limit: limits.videoUnitBytes)
        case .adts, .latm, .mpegAudio, .ac3, .eac3, .opus:
            guard let track = TSAudioTrack(id, coding) else { return nil }
            self.track = .audio(track)
            self.assembler = TSUnitAssembler(limit: limits.audioUnitBytes)
        }
    }

    fileprivate mutating func flush() -> [SourceEvent] {
        guard case .video(var track) = self.track else { return [] }
        defer { self.track = .video(track) }
        return track.flush()
    }

    fileprivate mutating func lose() {
        switch self.track {
        case .video(var track):
            track.lose()
            self.track = .video(track)
        case .audio(var track):
            track.breakOff()
            self.track = .audio(track)
        }
    }

    fileprivate var isHolding: Bool {
        if case .video(let track) = self.track { track.isHolding } else { false }
    }

    fileprivate mutating func take(_ unit: TSUnit, time: Int64?, offset: Int64) -> [SourceEvent] {
        switch self.track {
        case .video(var track):
            defer { self.track = .video(track) }
            return track.take(unit, time: time, offset: offset)
        case .audio(var track):
            defer { self.track = .audio(track) }
            return track.take(unit.payload, time: time)
        }
    }

    fileprivate func count(into statistics: inout TSStatistics) {
        statistics.lostPackets += self.assembler.lost
        statistics.gaps += self.assembler.gaps
        statistics.duplicatePackets += self.assembler.duplicates
        statistics.malformedUnits += self.assembler.malformed
        switch self.track {
        case .video(let track):
            statistics.heldUnits += track.held
            statistics.malformedUnits += track.malformed
        case .audio(let track):
            statistics.malformedUnits += track.malformed
        }
    }
}

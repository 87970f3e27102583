import Media

extension TSDemuxer {
    /// Where a demuxer stands between two pictures, written down for the process that goes on with it: units that have begun
    /// are part of it.
    package struct Standing: Sendable, Codable {
        fileprivate struct Elementary: Sendable, Codable {
            var pid: UInt16
            var id: TrackID
            var coding: TSCoding
            var assembler: TSUnitAssembler
            var base: TSClock.Base
            var video: TSVideoTrack.Standing?
            var audio: TSAudioTrack.Standing?
        }

        fileprivate struct Map: Sendable, Codable {
            var pid: UInt16
            var assembler: TSSectionAssembler
        }

        fileprivate var framer: TSFramer
        fileprivate var clock: TSClock
        fileprivate var list: TSSectionAssembler
        fileprivate var maps: [Map]
        fileprivate var program: UInt16?
        fileprivate var map: TSProgramMap?
        fileprivate var elementaries: [Elementary]
        fileprivate var past: TSStatistics
    }

    /// Bytes of units that have begun beyond which nothing is written down: the end of a large picture is waited for.
    private static let openBytesWritten = 64 << 10

    /// Nil in the midst of a picture that has more than one unit, and of one that is large.
    package var standing: Standing? {
        guard self.openBytes <= Self.openBytesWritten else { return nil }
        var elementaries: [Standing.Elementary] = []
        for (pid, elementary) in self.elementaries {
            guard let written = Standing.Elementary(pid, elementary) else { return nil }
            elementaries.append(written)
        }
        return Standing(
            framer: self.framer,
            clock: self.clock,
            list: self.list,
            maps: self.maps.map { Standing.Map(pid: $0.key, assembler: $0.value) },
            program: self.program,
            map: self.map,
            elementaries: elementaries,
            past: self.past
        )
    }

    /// Goes on where another stood that was configured alike; nil where none can have stood so.
    package init?(resuming standing: Standing, _ configuration: Configuration = Configuration()) {
        self.init(configuration)
        guard standing.framer.isPlausible, standing.clock.isPlausible, standing.list.isPlausible,
            standing.past.isPlausible, standing.maps.allSatisfy(\.assembler.isPlausible),
            standing.maps.count <= configuration.limits.programs,
            standing.elementaries.count <= configuration.limits.tracks,
            Set(standing.elementaries.map(\.id)).count == standing.elementaries.count
        else { return nil }
        for written in standing.elementaries {
            guard let elementary = Elementary(written, configuration) else { return nil }
            self.elementaries[written.pid] = elementary
            self.openBytes += elementary.assembler.openBytes ?? 0
        }
        guard self.openBytes <= configuration.limits.openBytes else { return nil }
        self.framer = standing.framer
        self.clock = standing.clock
        self.list = standing.list
        for map in standing.maps { self.maps[map.pid] = map.assembler }
        self.program = standing.program
        self.map = standing.map
        self.past = standing.past
    }
}

extension TSDemuxer.Standing.Elementary {
    fileprivate init?(_ pid: UInt16, _ elementary: TSDemuxer.Elementary) {
        self.pid = pid
        self.id = elementary.id
        self.coding = elementary.coding
        self.assembler = elementary.assembler
        self.base = elementary.base
        switch elementary.track {
        case .video(let track):
            guard let standing = track.standing else { return nil }
            self.video = standing
        case .audio(let track): self.audio = track.standing
        }
    }
}

extension TSDemuxer.Elementary {
    fileprivate init?(_ written: TSDemuxer.Standing.Elementary, _ configuration: TSDemuxer.Configuration) {
        guard written.id.kind == written.coding.kind, written.coding.isPlausible else { return nil }
        self.init(id: written.id, written.coding, configuration, base: written.base)
        guard written.assembler.isPlausible(limit: self.assembler.limit) else { return nil }
        self.assembler = written.assembler
        switch self.track {
        case .video(var track):
            guard let standing = written.video, track.resume(standing) else { return nil }
            self.track = .video(track)
        case .audio(var track):
            guard let standing = written.audio, track.resume(standing) else { return nil }
            self.track = .audio(track)
        }
    }
}

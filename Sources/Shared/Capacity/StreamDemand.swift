/// The memory that one stream wants for its tapes, and for copies of segments, at a bitrate and with viewers in every format.
package struct StreamDemand: Hashable, Sendable {
    /// Of picture and sound together, bit/s.
    package let bitrate: Int
    /// How much playlists offer, µs.
    package let window: Int64
    /// How long segments are, µs.
    package let segment: Int64
    /// In which it is watched.
    package let kinds: Set<WireKind>

    /// Bytes that one tape may keep at most.
    package let tapeLimit: Int

    package init(bitrate: Int, window: Int64, segment: Int64, kinds: Set<WireKind>, tapeLimit: Int) {
        self.bitrate = min(max(bitrate, 0), 1 << 40)
        self.window = min(max(window, 0), 1 << 40)
        self.segment = min(max(segment, 0), 1 << 40)
        self.kinds = kinds
        self.tapeLimit = tapeLimit
    }

    /// Bytes for all seconds that are meant to be kept.
    package var whole: Int {
        self.sum(packets: TapePlan.packets(segment: self.segment)) { kind in
            TapePlan.span(hasPlaylists: kind.hasPlaylists, window: self.window, segment: self.segment)
        }
    }

    /// Bytes without which it cannot be served: live formats hold what begins with the newest keyframe, and playlists the
    /// fewest segments that players begin with.
    package var least: Int {
        self.sum(packets: self.segment) { kind in
            kind.hasPlaylists ? TapePlan.fewestSegments * self.segment : self.segment
        }
    }

    /// What is longer in time than a tape may be in bytes: the tape that lacks most, and the µs that it holds.
    package var tapeShortfall: (kind: WireKind, kept: Int64, wanted: Int64)? {
        self.kinds.compactMap { kind -> (kind: WireKind, kept: Int64, wanted: Int64)? in
            let wanted = TapePlan.span(hasPlaylists: kind.hasPlaylists, window: self.window, segment: self.segment)
            let bytes = self.bytes(wanted, kind)
            let readable = self.tapeLimit - self.tapeLimit / TapeSize.guardShare
            guard bytes > readable, bytes > 0 else { return nil }
            return (kind, Int64(Double(wanted) * Double(readable) / Double(bytes)), wanted)
        }.max { $0.wanted - $0.kept < $1.wanted - $1.kept }
    }

    private func sum(packets: Int64, _ span: (WireKind) -> Int64) -> Int {
        // The stream's own records have no more framing than RTMP's.
        var sum = self.tape(packets, .rtmp, records: TapeSize.leastRecords)
        for kind in self.kinds {
            sum += self.tape(span(kind), kind, records: TapePlan.records(kind, window: self.window))
            if kind.hasPlaylists { sum += TapePlan.copies * self.bytes(self.segment, kind) }
        }
        return sum
    }

    private func tape(_ span: Int64, _ kind: WireKind, records: Int) -> Int {
        let capacity = max(TapeSize.capacity(holding: self.bytes(span, kind)), TapeSize.start)
        return TapeSize.footprint(min(capacity, self.tapeLimit), index: TapeSize.index(records: records))
    }

    /// Bytes of so much time in a format.
    private func bytes(_ span: Int64, _ kind: WireKind) -> Int {
        let bytes = Double(self.bitrate) / 8 * (Double(span) / 1_000_000) * (Double(kind.framing) / 1000)
        return Int(min(bytes, Double(TapeSize.largest)))
    }
}

import Contract
import Media

/// When a source counts as being heard: by whole units of media, and for a while by a part of one.
extension Program {
    /// Notes that a source sends what goes on no tape. One that was lost does not come back by that.
    ///
    /// - Returns: whether it is connected.
    mutating func hear(_ arrival: MediaArrival, from id: SourceID, now: Now) -> Bool {
        guard self.sources[id] != nil else { return false }
        self.note(arrival, of: id, now: now)
        return true
    }

    /// Whole units came, or what is made of such.
    mutating func note(_ events: [SourceEvent], of id: SourceID, now: Now) {
        self.sources[id]?.snapshot.lastHeard = Instant(now)
        for event in events {
            switch event {
            case .packet(let packet): self.endUnit(packet.track.kind, of: id)
            case .omission: for kind in [TrackKind.video, .audio] { self.endUnit(kind, of: id) }
            case .configuration: break
            }
        }
    }

    private mutating func endUnit(_ kind: TrackKind, of id: SourceID) {
        self.sources[id]?.unfinished.end(kind)
        switch kind {
        case .video: self.sources[id]?.snapshot.pictureArriving = nil
        case .audio: self.sources[id]?.snapshot.soundArriving = nil
        }
    }

    mutating func note(_ arrival: MediaArrival, of id: SourceID, now: Now) {
        guard !arrival.isEmpty else { return }
        if arrival.unused {
            for kind in [TrackKind.video, .audio] { self.endUnit(kind, of: id) }
            self.sources[id]?.snapshot.lastHeard = Instant(now)
            self.selection.renew(id, heardAt: now.monotonic)
        }
        // Who was lost is back with a whole unit, and not before.
        if self.selection.holder == id, self.selection.onAir != id { return }
        for kind in [TrackKind.video, .audio] where arrival[kind] {
            guard let counted = self.sources[id]?.unfinished.arrive(kind, now: now.monotonic) else { continue }
            let instant = Instant(microseconds: counted)
            switch kind {
            case .video: self.sources[id]?.snapshot.pictureArriving = instant
            case .audio: self.sources[id]?.snapshot.soundArriving = instant
            }
            guard self.selection.onAir == id else { continue }
            self.selection.renew(id, heardAt: counted)
            self.tracks.note(arriving: kind, at: counted)
        }
    }
}

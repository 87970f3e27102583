package import Contract
package import Media

/// What of a stream's media is left out: noted as often as it happens, told once.
package struct OmissionBook {
    private struct Key: Hashable {
        let format: WireFormat?
        let part: MediaOmission.Part
        let codec: String
        let reason: MediaOmission.Reason
    }

    private struct Note {
        var sentence: String
        let first: Instant
        var last: Instant
        var count: UInt64
    }

    private var notes: [Key: Note] = [:]

    package init() {}

    /// Notes that something is left out: by `format` because it has no place for it, or, where that is nil, for everybody.
    package mutating func note(_ omission: MediaOmission, in format: WireFormat? = nil, now: Now) {
        let key = Key(format: format, part: omission.part, codec: omission.codec, reason: omission.reason)
        let instant = Instant(now)
        guard var note = self.notes[key] else {
            guard self.notes.count < OmissionSnapshot.limit else { return }
            self.notes[key] = Note(sentence: omission.sentence, first: instant, last: instant, count: 1)
            return
        }
        note.sentence = omission.sentence
        note.last = instant
        note.count += 1
        self.notes[key] = note
    }

    /// Another source begins.
    package mutating func forget() {
        self.notes = [:]
    }

    /// A format is not muxed any more, or is muxed anew.
    package mutating func forget(_ format: WireFormat) {
        self.notes = self.notes.filter { $0.key.format != format }
    }

    /// The oldest first.
    package var snapshots: [OmissionSnapshot] {
        self.notes.map { key, note in
            OmissionSnapshot(
                format: key.format?.rawValue,
                part: key.part.rawValue,
                codec: key.codec,
                reason: key.reason.rawValue,
                sentence: note.sentence,
                isLasting: key.reason.lasts,
                first: note.first,
                last: note.last,
                count: note.count
            )
        }.sorted { ($0.first, $0.format ?? "", $0.codec) < ($1.first, $1.format ?? "", $1.codec) }
    }
}

package import Contract
package import Media

/// Counts of what of a stream's media is left out: noted as often as it happens, told once.
package struct OmissionTally: Sendable {
    private struct Key: Hashable {
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

    /// Notes that something was left out at that time, µs monotonic.
    package mutating func note(_ omission: MediaOmission, at time: Int64) {
        let key = Key(part: omission.part, codec: omission.codec, reason: omission.reason)
        let instant = Instant(microseconds: time)
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

    /// As reports tell them: of one wire format, or, where that is nil, of what is left out for everybody.
    package func snapshots(of format: WireFormat?) -> [OmissionSnapshot] {
        self.notes.map { key, note in
            OmissionSnapshot(
                format: format?.name,
                part: key.part.rawValue,
                codec: key.codec,
                reason: key.reason.rawValue,
                sentence: note.sentence,
                isLasting: key.reason.lasts,
                first: note.first,
                last: note.last,
                count: note.count
            )
        }
    }

    /// The oldest first, as many as reports take.
    package static func ordered(_ snapshots: [OmissionSnapshot]) -> [OmissionSnapshot] {
        let sorted = snapshots.sorted {
            ($0.first, $0.format ?? "", $0.codec) < ($1.first, $1.format ?? "", $1.codec)
        }
        return Array(sorted.prefix(OmissionSnapshot.limit))
    }
}

import Contract
import Media
import Streams
import Testing

@Suite struct OmissionTallyTests {
    private let sound = MediaOmission(.audio, codec: "PCM", reason: .unsupportedCodec, sentence: "Send AAC.")

    @Test func theSameIsToldOnce() {
        var tally = OmissionTally()
        tally.note(self.sound, at: 1_000_000)
        tally.note(self.sound, at: 5_000_000)
        let snapshots = tally.snapshots(of: nil)
        #expect(snapshots.count == 1)
        #expect(snapshots.first?.count == 2)
        #expect(snapshots.first?.first == Instant(microseconds: 1_000_000))
        #expect(snapshots.first?.last == Instant(microseconds: 5_000_000))
        #expect(snapshots.first?.isLasting == true)
    }

    @Test func reportsNameTheFormatAndBeginWithTheOldest() {
        var (all, format) = (OmissionTally(), OmissionTally())
        format.note(self.sound, at: 1_000_000)
        all.note(self.sound, at: 2_000_000)
        let ordered = OmissionTally.ordered(all.snapshots(of: nil) + format.snapshots(of: .ts))
        #expect(ordered.map(\.format) == ["ts", nil])
        format.forget()
        #expect(format.snapshots(of: .ts).isEmpty)
    }

    @Test func thereIsALimit() {
        var tally = OmissionTally()
        for number in 0..<100 {
            tally.note(MediaOmission(.data, codec: "\(number)", reason: .malformed, sentence: ""), at: 1_000_000)
        }
        let snapshots = tally.snapshots(of: nil)
        #expect(snapshots.count == OmissionSnapshot.limit)
        #expect(OmissionTally.ordered(snapshots + snapshots).count == OmissionSnapshot.limit)
    }
}

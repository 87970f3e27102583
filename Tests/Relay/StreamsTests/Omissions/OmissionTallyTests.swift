import Contract
import Media
import Streams
import Testing

@Suite struct OmissionBookTests {
    private static func now(_ seconds: Int64) -> Now { Now(monotonic: seconds * 1_000_000, wall: 0) }

    private let sound = MediaOmission(.audio, codec: "PCM", reason: .unsupportedCodec, sentence: "Send AAC.")

    @Test func theSameIsToldOnce() {
        var book = OmissionBook()
        book.note(self.sound, now: Self.now(1))
        book.note(self.sound, now: Self.now(5))
        let snapshots = book.snapshots
        #expect(snapshots.count == 1)
        #expect(snapshots.first?.count == 2)
        #expect(snapshots.first?.first == Instant(microseconds: 1_000_000))
        #expect(snapshots.first?.last == Instant(microseconds: 5_000_000))
        #expect(snapshots.first?.isLasting == true)
    }

    @Test func aFormatForgetsItsOwn() {
        var book = OmissionBook()
        book.note(self.sound, now: Self.now(1))
        book.note(self.sound, in: .ts, now: Self.now(1))
        #expect(book.snapshots.map(\.format) == [nil, "ts"])
        book.forget(.ts)
        #expect(book.snapshots.map(\.format) == [nil])
    }

    @Test func thereIsALimit() {
        var book = OmissionBook()
        for number in 0..<100 {
            let omission = MediaOmission(.data, codec: "\(number)", reason: .malformed, sentence: "")
            book.note(omission, now: Self.now(1))
        }
        #expect(book.snapshots.count == OmissionSnapshot.limit)
    }
}

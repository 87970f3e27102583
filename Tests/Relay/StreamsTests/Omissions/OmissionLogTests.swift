import Contract
import Media
import Streams
import Testing

@Suite struct OmissionLogTests {
    private static func omission(_ codec: String) -> SourceEvent {
        .omission(MediaOmission(.audio, codec: codec, reason: .malformed, sentence: "\(codec) is left out."))
    }

    @Test func `A kind is told once in a while, and each for itself`() {
        var log = OmissionLog()
        let events = [Self.omission("Speex"), Self.omission("Speex"), Self.omission("MP3")]
        #expect(log.due(in: events, now: 0).map(\.codec) == ["Speex", "MP3"])
        for second in Int64(1)..<60 { #expect(log.due(in: events, now: second * 1_000_000).isEmpty) }
        #expect(log.due(in: events, now: OmissionLog.interval).count == 2)
    }

    @Test func `No more kinds are kept than reports have`() {
        var log = OmissionLog()
        let events = (0..<1000).map { Self.omission("codec \($0)") }
        #expect(log.due(in: events, now: 0).count == OmissionSnapshot.limit)
        #expect(log.due(in: events, now: OmissionLog.interval).count == OmissionSnapshot.limit)
    }
}

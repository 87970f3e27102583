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

    @Test(arguments: SourceProtocol.allCases)
    func `A stream logs what is left out, whatever the protocol`(_ kind: SourceProtocol) throws {
        let (log, lines) = LogLines.make()
        let hub = StreamHub(spec: try RelaySpec(name: RelayName("live")), log: log)
        let stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        let id = hub.makeSourceID()
        let source = SourceSnapshot(protocol: kind, address: "10.0.0.1:1", connectedAt: Instant(.at(0)))
        try stream.claim(source, as: id, now: .at(0)) { _ in }
        let camera = Camera()
        _ = stream.publish(camera.configurations + camera.pictures(0..<25), from: id, now: .at(1))
        for second in 1...100 {
            _ = stream.publish([Self.omission("Speex")], from: id, now: .at(Double(second)))
        }
        let told = lines.all.filter { $0.contains("media left out") }
        let words = ["warning ", "codec=Speex", "part=audio", "reason=malformed", "sentence=Speex is left out."]
        #expect(told.count == 2)
        for line in told { #expect(words.allSatisfy(line.contains), "\(line)") }
        // Of one that is no more on air nothing is told.
        stream.leave(id, cause: .disconnected, now: .at(101))
        _ = stream.publish([Self.omission("MP3")], from: id, now: .at(102))
        #expect(!lines.all.contains { $0.contains("MP3") })
    }
}

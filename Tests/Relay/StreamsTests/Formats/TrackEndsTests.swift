import Contract
import Logging
import Media
import NIOCore
import Streams
import Tape
import Testing
import Wire

/// Where a source is lost, its sound in a transport stream lasts as long as its pictures are shown.
@Suite struct TrackEndsTests {
    private static func stream() throws -> Streams.Stream {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let hub = StreamHub(spec: try RelaySpec(name: RelayName("live")), log: log)
        return try hub.streamToPublish(StreamName("main"), now: .at(0))
    }

    /// A camera whose pictures are shown so much later than they are decoded.
    private static func events(_ range: Range<Int>, offset: Int64) -> [SourceEvent] {
        Camera().pictures(range).map { event in
            guard case .packet(var packet) = event, packet.track == .video else { return event }
            packet.compositionOffset = offset
            return .packet(packet)
        }
    }

    @Test(arguments: [0, 80_000, 160_000] as [Int64], [true, false])
    func soundLastsAsLongAsPictures(offset: Int64, isTakenOver: Bool) throws {
        let stream = try Self.stream()
        let id = SourceID(1)
        let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:1", connectedAt: Instant(.at(0)))
        try stream.claim(source, as: id, now: .at(0)) { _ in }
        let camera = Camera()
        _ = stream.publish(camera.configurations + Self.events(0..<1, offset: offset), from: id, now: .at(0))
        let lease = try stream.open(.ts, now: .at(0))
        let start = try #require(lease.tape.newestJoin).offset
        for picture in 1..<28 {
            _ = stream.publish(
                Self.events(picture..<picture + 1, offset: offset),
                from: id,
                now: .at(Double(picture) / 25)
            )
        }
        if isTakenOver {
            let next = SourceID(2)
            try stream.claim(source, as: next, now: .at(1.15)) { _ in }
            _ = stream.publish(camera.configurations + Self.events(0..<1, offset: offset), from: next, now: .at(1.2))
        } else {
            stream.leave(id, cause: .disconnected, now: .at(1.2))
        }
        var demuxer = TSDemuxer()
        let bytes = try #require(lease.tape.copy(start..<lease.tape.head))
        let packets = (demuxer.receive(bytes) + demuxer.flush()).compactMap { event in
            if case .packet(let packet) = event { packet } else { nil }
        }
        let sound = try #require(Self.sound)
        let silence = try #require(AACSilence(sound))
        let silent = packets.filter { $0.track == .audio && $0.payload == silence.accessUnit }
        // The camera's sounds come every 40 ms, as its pictures do.
        #expect(silent.count == Int(offset / silence.duration.microseconds))
        guard let last = silent.last else { return }
        let shown = packets.filter { $0.track == .video }.prefix(28).map { $0.timestamp + $0.compositionOffset }.max()
        let rest = try #require(shown) + 40_000 - last.timestamp - silence.duration.microseconds
        #expect((-100..<silence.duration.microseconds).contains(rest), "\(rest)")
    }

    private static var sound: CodecConfiguration? {
        Camera().configurations.lazy.compactMap { event in
            if case .configuration(.audio, let configuration) = event { configuration } else { nil }
        }.first
    }
}

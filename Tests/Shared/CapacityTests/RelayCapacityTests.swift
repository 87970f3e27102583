import Capacity
import Contract
import Testing

/// Whether a relay's memory holds what it admits.
@Suite struct RelayCapacityTests {
    private static func capacity(
        _ listen: ListenSpec? = nil,
        streams: Int = 8,
        memory: Int,
        bitrate: Int = 4_000_000,
        tape: Int? = nil,
        declared: [StreamSpec]? = nil
    ) throws -> RelayCapacity {
        let limits = try LimitsSpec(streams: streams, memory: memory, tape: tape, bitrate: bitrate)
        let spec = try RelaySpec(name: RelayName("live"), limits: limits, streams: declared)
        return RelayCapacity(spec, on: try listen ?? Self.all())
    }

    private static func all() throws -> ListenSpec {
        try ListenSpec(
            rtmp: ListenAddress("127.0.0.1:1935"),
            http: ListenAddress("127.0.0.1:8080"),
            rtsp: ListenAddress("127.0.0.1:8554")
        )
    }

    @Test func `what is in force where nothing is written holds what it admits`() throws {
        let standard = RelayCapacity(
            try RelaySpec(name: RelayName("live")),
            on: ListenSpec(rtmp: try ListenAddress("0.0.0.0:1935"), http: try ListenAddress("0.0.0.0:8080"))
        )
        #expect(standard.streams == 8)
        #expect(standard.verdict == .fits)
        #expect(standard.sentence == nil && standard.tapeSentence == nil)
        // Neither does it take much more than that wants.
        #expect(standard.fittingStreams < 11)
        // With a fifth format a little less is left.
        #expect(try Self.capacity(memory: LimitsSpec.standard.memory).verdict != .tooSmall)
    }

    @Test func `too many streams are warned of, with what would do`() throws {
        let capacity = try Self.capacity(memory: 512 << 20)
        #expect(capacity.verdict == .shortened)
        #expect(capacity.wholeStreams == 2)
        let sentence = try #require(capacity.sentence)
        #expect(sentence.contains("8 streams at 4Mbit/s in 5 formats (RTMP, HTTP-FLV, "), "\(sentence)")
        // Some is kept free for the other six to begin; were they not admitted, three would fit.
        #expect(
            sentence.contains("of limits.memory (512 MiB) these have 384 MiB: 2 streams are kept whole"),
            "\(sentence)"
        )
        #expect(sentence.contains("lower limits.streams to 3"), "\(sentence)")
        // What it says is enough is enough.
        let words = sentence.split(separator: " ")
        let place = try #require(words.firstIndex(of: "limits.memory").flatMap { words[$0...].firstIndex(of: "Raise") })
        let named = try #require(Int(words[place + 3].filter(\.isNumber)))
        #expect(try Self.capacity(memory: named << 20).verdict == .fits)
        #expect(try Self.capacity(memory: (named - 128) << 20).verdict == .shortened)
        #expect(try Self.capacity(streams: 3, memory: 512 << 20).verdict == .fits)
    }

    @Test func `where one stream does not fit the relay cannot serve`() throws {
        let capacity = try Self.capacity(memory: 32 << 20)
        #expect(capacity.verdict == .tooSmall)
        #expect(try #require(capacity.sentence).hasPrefix("not even one stream at 4Mbit/s fits in 5 formats"))
        #expect(capacity.tapeSentence == nil)
        #expect(try Self.capacity(streams: 1, memory: 32 << 20, bitrate: 500_000).verdict == .fits)
    }

    @Test func `only formats that are served count, and only streams that may be published`() throws {
        let audio = ListenSpec(rtmp: try ListenAddress("127.0.0.1:1935"))
        #expect(try Self.capacity(audio, memory: 512 << 20).demand.kinds == [.rtmp])
        #expect(try Self.capacity(audio, memory: 512 << 20).verdict == .fits)
        let pushed = try StreamSpec(
            name: StreamName("main"),
            push: [
                PushSpec(name: DestinationName("hall"), to: PushDestination("udp://239.1.1.1:5000")),
                PushSpec(name: DestinationName("box"), to: PushDestination("rtp://10.0.0.9:5004")),
            ]
        )
        let capacity = try Self.capacity(audio, memory: 512 << 20, declared: [pushed])
        #expect(capacity.demand.kinds == [.rtmp, .transportStream, .rtp])
        #expect(capacity.streams == 1)
    }

    @Test func `a tape that may not grow to its seconds is named`() throws {
        let capacity = try Self.capacity(memory: 1 << 30, tape: 8 << 20)
        let sentence = try #require(capacity.tapeSentence)
        #expect(sentence.hasPrefix("a tape of limits.tape holds 11 of the 34 seconds that MPEG-TS"), "\(sentence)")
    }

    @Test func `descriptors are those of connections, ports and tapes`() throws {
        let limits = try LimitsSpec(viewers: 1000, streams: 8, undecided: 1024)
        let usual = OpenFiles.relay(limits)
        #expect(usual >= 6 * 1000 + 6 * 1024 + 8 * 16)
        #expect(OpenFiles.relay(try LimitsSpec(viewers: 2000, streams: 8, undecided: 1024)) == usual + 6000)
        #expect(OpenFiles.relay(try LimitsSpec(viewers: 1000, streams: 9, undecided: 1024)) > usual)
        #expect(OpenFiles.relay(try LimitsSpec(viewers: 1000, streams: 8, undecided: 1025)) == usual + 6)
        #expect(OpenFiles.relay(try LimitsSpec(viewers: 1, streams: 1, undecided: 1)) == 4096)
        let door = try DoorSpec(connections: 20_000, undecided: 100, reserved: 10, waiting: 50)
        let plain = OpenFiles.host(door, isTLS: false, relays: 1, loans: 1024, sockets: 3)
        #expect(plain >= 3 * 100 + 50 + 1024 + 3 && plain < 4096)
        #expect(OpenFiles.host(door, isTLS: true, relays: 1, loans: 1024, sockets: 3) == plain + 40_000)
        #expect(OpenFiles.host(door, isTLS: false, relays: 2, loans: 1024, sockets: 3) > plain + 1024)
    }
}

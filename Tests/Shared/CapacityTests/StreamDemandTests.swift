import Capacity
import Testing

/// The memory that one stream wants.
@Suite struct StreamDemandTests {
    private static let all = Set(WireKind.allCases)

    private static func demand(
        bitrate: Int = 4_000_000,
        window: Int64 = 30_000_000,
        segment: Int64 = 2_000_000,
        kinds: Set<WireKind> = all,
        tapeLimit: Int = 64 << 20
    ) -> StreamDemand {
        StreamDemand(bitrate: bitrate, window: window, segment: segment, kinds: kinds, tapeLimit: tapeLimit)
    }

    @Test func `it is the seconds of each format at the bitrate, and what tapes need around them`() {
        // Half a megabyte a second: 10 s of the stream, 20 s each of RTMP, FLV and RTP, 34 s each of MPEG-TS and MP4, and
        // four copies of 2 s of each of these.
        let media = 500_000 * (10 + 3 * 20 + 2 * 34 + 2 * 4 * 2)
        let whole = Self.demand().whole
        #expect(whole > media * 4 / 3)
        #expect(whole < media * 9 / 5)
        #expect(Self.demand(kinds: []).whole < 500_000 * 10 * 3 / 2 + (3 << 20))
        #expect(Self.demand(kinds: [.rtmp]).whole < Self.demand(kinds: [.rtmp, .flv]).whole)
    }

    @Test func `it rises with bitrate, window and segments, and falls with the limit of a tape`() {
        let usual = Self.demand().whole
        #expect(Self.demand(bitrate: 8_000_000).whole > usual * 9 / 5)
        #expect(Self.demand(window: 60_000_000).whole > usual)
        #expect(Self.demand(segment: 10_000_000).whole > usual)
        #expect(Self.demand(tapeLimit: 8 << 20).whole < usual)
    }

    @Test func `a stream that sends next to nothing wants what tapes begin with`() {
        let demand = Self.demand(bitrate: 0)
        #expect(demand.whole == 6 * TapeSize.startCost)
        #expect(demand.least == demand.whole)
        #expect(Self.demand().least < Self.demand().whole / 3)
    }

    @Test func `the limit of a tape is named where it is too small for the seconds`() throws {
        #expect(Self.demand().tapeShortfall == nil)
        let short = try #require(Self.demand(tapeLimit: 8 << 20).tapeShortfall)
        #expect(short.kind == .transportStream)
        #expect(short.wanted == 34_000_000)
        // Three quarters of 8 MiB at 550 kB a second.
        #expect((11_000_000...12_000_000).contains(short.kept))
    }

    /// Whatever is configured, sums stay numbers.
    @Test func `nothing overflows`() {
        let demand = Self.demand(bitrate: .max, window: .max, segment: .max, tapeLimit: TapeSize.largest)
        #expect(demand.whole > 0 && demand.least > 0)
        #expect(TapeSize.capacity(holding: .max) == TapeSize.largest)
        #expect(TapeSize.capacity(holding: .min) == 64 << 10)
        #expect(TapeSize.index(records: .max) == 32 << 32)
        #expect(TapePlan.packets(segment: .max) == 60_000_000)
    }

    @Test(arguments: [
        (4_000_000, "4Mbit/s"), (2_500_000, "2.5Mbit/s"), (800_000, "800kbit/s"), (1_234_567, "1234567bit/s"),
        (0, "0bit/s"),
    ])
    func `bitrates are written as people write them`(_ bits: Int, _ text: String) {
        #expect(BitrateText.text(bits) == text)
    }
}

import Media
import Testing
import Wire

struct MediaPlaylistWriterTests {
    private static func segment(
        _ number: UInt64,
        discontinuity: UInt64 = 0,
        duration: Double = 4,
        initialization: String? = nil
    ) -> MediaRendition.Segment {
        MediaRendition.Segment(
            mark: SegmentMark(
                number: number,
                discontinuity: discontinuity,
                wallClock: 1_795_444_957_123_456 + Int64(number) * 4_000_000
            ),
            duration: MediaTime(microseconds: Int64((duration * 1_000_000).rounded())),
            uri: "\(number).m4s",
            initialization: initialization.map(MediaRendition.InitializationSection.init)
        )
    }

    @Test func `A playlist over a reconnect is written in full`() {
        let rendition = MediaRendition(
            segments: [
                Self.segment(7, discontinuity: 2, duration: 4.004, initialization: "init-2.mp4"),
                Self.segment(8, discontinuity: 2, duration: 3.97, initialization: "init-2.mp4"),
                Self.segment(9, discontinuity: 3, duration: 1.000001, initialization: "init-3.mp4"),
            ],
            targetDuration: 4
        )
        #expect(
            MediaPlaylistWriter.text(of: rendition) == """
                #EXTM3U
                #EXT-X-VERSION:7
                #EXT-X-TARGETDURATION:4
                #EXT-X-MEDIA-SEQUENCE:7
                #EXT-X-DISCONTINUITY-SEQUENCE:2
                #EXT-X-INDEPENDENT-SEGMENTS
                #EXT-X-MAP:URI="init-2.mp4"
                #EXT-X-PROGRAM-DATE-TIME:2026-11-23T14:43:05.123Z
                #EXTINF:4.004000,
                7.m4s
                #EXT-X-PROGRAM-DATE-TIME:2026-11-23T14:43:09.123Z
                #EXTINF:3.970000,
                8.m4s
                #EXT-X-DISCONTINUITY
                #EXT-X-MAP:URI="init-3.mp4"
                #EXT-X-PROGRAM-DATE-TIME:2026-11-23T14:43:13.123Z
                #EXTINF:1.000001,
                9.m4s

                """
        )
    }

    @Test func `A segment's discontinuity number is the playlist's plus the tags before it`() {
        // A window that slides over two discontinuities, one of them of two steps.
        let all: [(UInt64, UInt64)] = [(1, 0), (2, 0), (3, 1), (4, 3), (5, 3), (6, 3)]
        for start in 0..<all.count {
            let rendition = MediaRendition(
                segments: all[start...].map { Self.segment($0.0, discontinuity: $0.1) },
                targetDuration: 4
            )
            let header = "#EXT-X-DISCONTINUITY-SEQUENCE:"
            var number: UInt64?
            var numbers: [UInt64?] = []
            for line in MediaPlaylistWriter.text(of: rendition).split(separator: "\n") {
                if line.hasPrefix(header) { number = UInt64(line.dropFirst(header.count)) }
                if line == "#EXT-X-DISCONTINUITY" { number = number.map { $0 + 1 } }
                if !line.hasPrefix("#") { numbers.append(number) }
            }
            #expect(numbers == all[start...].map(\.1))
        }
    }

    @Test func `The same initialization section is named once, and again after a discontinuity`() {
        let rendition = MediaRendition(
            segments: [
                Self.segment(1, initialization: "a"), Self.segment(2, initialization: "a"),
                Self.segment(3, discontinuity: 1, initialization: "a"),
                Self.segment(4, discontinuity: 1, initialization: "b"),
            ],
            targetDuration: 4
        )
        let maps = MediaPlaylistWriter.text(of: rendition).split(separator: "\n").filter { $0.hasPrefix("#EXT-X-MAP") }
        #expect(maps == ["#EXT-X-MAP:URI=\"a\"", "#EXT-X-MAP:URI=\"a\"", "#EXT-X-MAP:URI=\"b\""])
    }

    @Test func `Transport stream segments need no map and an old version`() {
        let text = MediaPlaylistWriter.text(of: MediaRendition(segments: [Self.segment(0)], targetDuration: 4))
        #expect(text.contains("#EXT-X-VERSION:3\n"))
        #expect(!text.contains("EXT-X-MAP"))
    }

    @Test(arguments: [(0.2, 1), (3.499, 3), (3.5, 4), (4.004, 4), (4.5, 5), (9.999999, 10)])
    func `A duration counts rounded to the nearest second`(seconds: Double, wanted: Int) {
        #expect(MediaRendition.targetDuration(covering: .seconds(seconds)) == wanted)
    }

    @Test func `A segment too long raises the target, a short one does not lower it`() {
        #expect(MediaRendition(segments: [Self.segment(1, duration: 6.6)], targetDuration: 4).targetDuration == 7)
        #expect(MediaRendition(segments: [Self.segment(1, duration: 1)], targetDuration: 4).targetDuration == 4)
        #expect(MediaRendition(segments: [], targetDuration: 0).targetDuration == 1)
    }

    @Test func `What comes before a gap in the numbers is left out`() {
        let rendition = MediaRendition(
            segments: [1, 2, 5, 6, 7].map { Self.segment($0) },
            targetDuration: 4
        )
        #expect(rendition.segments.map(\.mark.number) == [5, 6, 7])
        #expect(MediaPlaylistWriter.text(of: rendition).contains("#EXT-X-MEDIA-SEQUENCE:5\n"))
    }

    @Test(arguments: [
        (0 as Int64, "1970-01-01T00:00:00.000Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
        (4_107_542_399_999_999, "2100-02-28T23:59:59.999Z"), (4_107_542_400_000_000, "2100-03-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func `Dates are Gregorian and in UTC`(microseconds: Int64, wanted: String) {
        let mark = SegmentMark(number: 0, discontinuity: 0, wallClock: microseconds)
        let rendition = MediaRendition(
            segments: [MediaRendition.Segment(mark: mark, duration: .seconds(1), uri: "s")],
            targetDuration: 1
        )
        #expect(MediaPlaylistWriter.text(of: rendition).contains("#EXT-X-PROGRAM-DATE-TIME:\(wanted)\n"))
    }

    @Test func `An ended playlist says so`() {
        let rendition = MediaRendition(segments: [Self.segment(1)], targetDuration: 4, isEnded: true)
        #expect(MediaPlaylistWriter.text(of: rendition).hasSuffix("1.m4s\n#EXT-X-ENDLIST\n"))
    }

    @Test func `One segment that no decoder can begin with takes the promise from the playlist`() {
        let within = MediaRendition.Segment(
            mark: SegmentMark(number: 2, discontinuity: 0, wallClock: 0),
            duration: .seconds(4),
            uri: "2.m4s",
            isIndependent: false
        )
        let rendition = MediaRendition(segments: [Self.segment(1), within], targetDuration: 4)
        #expect(!MediaPlaylistWriter.text(of: rendition).contains("EXT-X-INDEPENDENT-SEGMENTS"))
        // It is behind a gap and is not shown.
        let later = MediaRendition(segments: [within, Self.segment(4)], targetDuration: 4)
        #expect(MediaPlaylistWriter.text(of: later).contains("EXT-X-INDEPENDENT-SEGMENTS"))
    }

    @Test func `Parts do not change a playlist of whole segments`() {
        let parts = (0..<4).map {
            MediaRendition.Part(duration: .seconds(1), uri: "1.\($0).m4s", isIndependent: $0 == 0)
        }
        let whole = Self.segment(1)
        let split = MediaRendition.Segment(mark: whole.mark, duration: whole.duration, uri: whole.uri, parts: parts)
        let growing = MediaRendition.GrowingSegment(
            mark: Self.segment(2).mark,
            parts: [parts[0]],
            nextPart: "2.1.m4s"
        )
        let rendition = MediaRendition(segments: [split], targetDuration: 4, growing: growing)
        #expect(rendition.segments.first?.parts == parts)
        #expect(
            MediaPlaylistWriter.text(of: rendition)
                == MediaPlaylistWriter.text(of: MediaRendition(segments: [whole], targetDuration: 4))
        )
    }
}

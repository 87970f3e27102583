import Testing
import Venues

@Suite struct CMCDTests {
    private static let line =
        #"v=2,e=t,ts=1796446800000,sid="a1",sn=7,sta=p,cid="live/main",ltc=1640,bl=(1200;v 1300),mtp=2400,br=2500,bsa=3,"#
        + #"dfa=12,bg,transponder-started=?0,transponder-frames=9000,transponder-res="1920x1080",transponder-why=slow,x-y=1.5"#

    @Test func aLineSaysWhatItSays() throws {
        let record = try #require(CMCDRecord(Self.line))
        #expect(record.state == .playing)
        #expect(record.session == "a1")
        #expect(record.content == "live/main")
        #expect([record.latency, record.buffer, record.arriving, record.sent] == [1640, 1200, 2400, 2500])
        #expect([record.stalls, record.dropped, record.shown] == [3, 12, 9000])
        #expect(record.resolution == "1920x1080")
        #expect(record.cause == "slow")
        #expect(record.isInBackground && !record.isStarted)
    }

    @Test(arguments: [
        "", ",", "sta", "sta=", "sta=z", "sta=\"p", "sta=p,", "sta=p,,bl=1", "bl=99999999999999999999", "bl=p",
        "sta=p;", "BL=1", "bl=(1", "transponder-res=\"x\"", "transponder-res=\"1x2x3\"", "sta=p\u{e9}",
        "sid=\"\(String(repeating: "x", count: 65))\"", "\(String(repeating: "x", count: 65))=1", "sta=p bl=1",
        "bg=?2", "sid=\"a\\n\"", "sid=\"\u{7}\"", String(repeating: "a,", count: 60) + "a",
        String(repeating: "x", count: 1100),
    ])
    func whatIsNoLineIsNone(_ line: String) {
        #expect(CMCDRecord(line) == nil)
    }

    /// Whatever a line is cut to, it is read or refused.
    @Test func everyCutIsHarmless() {
        for length in 0...Self.line.count { _ = CMCDRecord(Self.line.prefix(length)) }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = Array(Self.line.utf8)
            for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...127) }
            _ = VenueReport(bytes)
        }
    }

    @Test func aMessageIsBounded() {
        let line = "sta=p,sid=\"a\"\n"
        #expect(VenueReport(Array(String(repeating: line, count: 9).utf8))?.records.count == 9)
        #expect(VenueReport(Array(String(repeating: line, count: 10).utf8)) == nil)
        #expect(VenueReport([]) == nil)
        #expect(VenueReport([0xff, 0xfe]) == nil)
        #expect(VenueReport(Array(repeating: UInt8(ascii: "\n"), count: 5000)) == nil)
    }
}

import Rehearsal
import Testing

@Suite struct StreamAddressTests {
    @Test func anRTMPAddressIsTakenApart() throws {
        let address = try StreamAddress(parsing: "rtmp://example.org/live/main?key=SECRET")
        #expect(address.format == .rtmp)
        #expect(address.host == "example.org")
        #expect(address.port == 1935)
        #expect(address.app == "live")
        #expect(address.resource == "main?key=SECRET")
    }

    @Test func theLastPartOfThePathIsTheStream() throws {
        let address = try StreamAddress(parsing: "rtmp://[::1]:2000/a/b/c")
        #expect(address.host == "::1")
        #expect(address.port == 2000)
        #expect(address.app == "a/b")
        #expect(address.resource == "c")
    }

    @Test(arguments: [("flv", StreamAddress.Format.flv), ("ts", .ts), ("mp4", .mp4), ("MP4", .mp4)])
    func aSuffixTellsTheFormat(suffix: String, format: StreamAddress.Format) throws {
        let address = try StreamAddress(parsing: "http://127.0.0.1:8080/live/main.\(suffix)?token=x")
        #expect(address.format == format)
        #expect(address.port == 8080)
        #expect(address.resource == "/live/main.\(suffix)?token=x")
    }

    @Test(arguments: [("rtsp", StreamAddress.Format.rtsp), ("rtspu", .rtspu)])
    func rtspHasAPath(scheme: String, format: StreamAddress.Format) throws {
        let address = try StreamAddress(parsing: "\(scheme)://example.org/live/main?token=SECRET")
        #expect(address.format == format)
        #expect(address.port == 554)
        #expect(address.resource == "/live/main?token=SECRET")
        #expect("\(address)" == "\(scheme)://example.org:554/live/main")
    }

    @Test func srtHasAStreamID() throws {
        let address = try StreamAddress(parsing: "srt://example.org:9000?streamid=read:live/main:SECRET&latency=200")
        #expect(address.format == .srt)
        #expect(address.port == 9000)
        #expect(address.resource == "streamid=read:live/main:SECRET&latency=200")
        #expect("\(address)" == "srt://example.org:9000")
    }

    @Test func keysAreNotShown() throws {
        let address = try StreamAddress(parsing: "rtmp://example.org/live/main?key=SECRET")
        #expect("\(address)" == "rtmp://example.org:1935/live/main")
        #expect(address.withoutQuery.resource == "main")
        let error = #expect(throws: StreamAddressError.self) {
            try StreamAddress(parsing: "rtmp://example.org/?key=SECRET")
        }
        #expect(error.map { "\($0)".contains("SECRET") } == false)
    }

    @Test(arguments: [
        "", "example.org/live/main", "srt://example.org/live/main", "rtmp://example.org/live", "rtmp://example.org/",
        "rtmp:///live/main", "rtmp://example.org:x/live/main", "rtmp://example.org/live/?key=1",
        "rtsp://example.org", "rtspu://example.org/", "srt://example.org:9000", "udp://239.1.1.1:5000",
        "http://example.org/live/main", "http://example.org/live/main.m3u8", "http://:80/main.flv",
    ])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(throws: StreamAddressError.self) { try StreamAddress(parsing: text) }
    }
}

import Testing
import Wire

@Suite struct RTSPAddressTests {
    private static let controls = ["streamid=0", "streamid=1", "stream=1", "a/b"]

    static let published: [(String, Int?)] = [
        ("rtsp://host:8554/live/main", nil),
        ("rtsp://host/live/main/?key=k", nil),
        ("rtsp://user:pw@host/live/main/streamid=1", 1),
        // ffmpeg puts the track behind the query, GStreamer before it.
        ("rtsp://host/live/main?key=k/streamid=1", 1),
        ("rtsp://host/live/main/stream=1?key=k", 2),
        ("rtsp://host/live/main/a/b", 3),
        ("/live/main/streamid=0", 0),
    ]

    @Test(arguments: Self.published)
    func tracksOfAnAnnouncementAreFound(_ uri: String, _ media: Int?) {
        let address = RTSPAddress(uri, controls: Self.controls)
        #expect(address.relay == "live")
        #expect(address.stream == "main")
        #expect(address.media == media)
        #expect(address.query["key"] == (uri.contains("key=") ? "k" : nil))
    }

    static let played: [(String, Int?)] = [
        ("rtsp://host/live/main/trackID=0", 0),
        ("rtsp://host/live/main/trackid=12?token=k", 12),
        ("rtsp://host/live/main?token=k/streamid=3", 3),
        ("rtsp://host//live/main//", nil),
        ("rtsp://host/li%76e/main", nil),
    ]

    @Test(arguments: Self.played)
    func numberedTracksAreFound(_ uri: String, _ media: Int?) {
        let address = RTSPAddress(uri)
        #expect(address.relay == "live")
        #expect(address.stream == "main")
        #expect(address.media == media)
    }

    @Test(arguments: ["*", "", "rtsp://host", "rtsp://host/", "rtsp://host?key=1", "nonsense"])
    func addressesWithoutAPathNameNothing(_ uri: String) {
        let address = RTSPAddress(uri)
        #expect(address.relay.isEmpty && address.stream.isEmpty && address.media == nil)
    }

    @Test func partsBytes() {
        let address = RTSPAddress("rtsp://host/live/main?\u{301}a=b&key=\u{301}k/streamid=1", controls: Self.controls)
        #expect(address.stream == "main" && address.media == 1)
        #expect(address.query["key"] == "\u{301}k")
        let other = RTSPAddress("rtsp://host/live/\u{301}main/trackID=2")
        #expect(other.relay == "live" && other.stream == "\u{301}main" && other.media == 2)
    }

    @Test func whatIsNoTrackBelongsToTheStream() {
        #expect(RTSPAddress("rtsp://h/live/main/other=1").stream == "main/other=1")
        #expect(RTSPAddress("rtsp://h/live/main/trackID=-1").stream == "main/trackID=-1")
        #expect(RTSPAddress("rtsp://h/live/main/trackID=99999999999999999999").media == nil)
    }
}

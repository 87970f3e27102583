import Testing
import Wire

struct SDPParsingTests {
    @Test func `ffmpeg's is read`() throws {
        let session = try SessionDescription(parsing: SDPCorpus.ffmpeg)
        #expect(session.name == "No Name")
        #expect(session.media.map(\.kind) == ["video", "audio"])
        #expect(session.media.map(\.port) == [5004, 5006])
        #expect(session.connection(of: 1)?.address == "127.0.0.1")
        #expect(session.media[1].bandwidth == 96)
        let video = try #require(session.media[0].encodings.first)
        #expect(video.payloadType == 96)
        #expect(video.isNamed("h264"))
        #expect(video.clockRate == 90_000)
        #expect(video.parameters["Sprop-Parameter-Sets"] == "Z0LADNoFB+hAAAADAEAAAAyjxQqo,aM4PyA==")
        let audio = try #require(session.media[1].encodings.first)
        #expect(audio.channels == 1)
        #expect(audio.parameters["config"] == "118856E500")
        #expect(audio.parameters.number("sizeLength") == 13)
    }

    @Test func `A camera's is read`() throws {
        let session = try SessionDescription(parsing: SDPCorpus.live555)
        #expect(session.control == "*")
        #expect(session.media.map(\.control) == ["track1", "track2"])
        // Payload type 0 needs no map.
        #expect(session.media[1].encodings == [RTPEncoding(payloadType: 0, name: "PCMU", clockRate: 8000, channels: 1)])
        #expect(session.media[0].bandwidth == 500)
        #expect(session.connection(of: 1) == nil)
    }

    @Test func `What a camera does wrong is passed over`() throws {
        let session = try SessionDescription(parsing: SDPCorpus.onvif)
        #expect(session.media.count == 3)
        #expect(session.media[0].control?.hasSuffix("trackID=1") == true)
        #expect(session.media[0].encodings.first?.isNamed("H264") == true)
        #expect(session.media[0].encodings.first?.parameters["sprop-parameter-sets"] == "")
        #expect(session.media[0].direction == .receiveOnly)
        #expect(session.media[1].encodings.first?.clockRate == 8000)
        #expect(session.media[2].kind == "application")
        #expect(session.connection(of: 0)?.isUnspecified == true)
    }

    @Test func `Multicast, sources and several payload types are read`() throws {
        let session = try SessionDescription(parsing: SDPCorpus.multicast)
        #expect(session.origin?.session == 2_890_844_526)
        #expect(session.connection?.isMulticast == true)
        #expect(session.connection?.timeToLive == 127)
        #expect(session.direction == .receiveOnly)
        let filter = try #require(session.sourceFilters(of: 0).first)
        #expect(filter.isInclusive)
        #expect(filter.destination == "233.252.0.17")
        #expect(filter.sources == ["198.51.100.1", "198.51.100.2"])
        #expect(session.media[0].encodings.map(\.name) == ["PCMU", "PCMA", "L16", "CN"])
        #expect(session.media[0].encodings[2].channels == 2)
        #expect(session.media[0].packetTime == 20)
        let video = session.media[1]
        #expect(video.connection?.isIPv6 == true)
        #expect(video.connection?.isMulticast == true)
        #expect(video.encodings.map(\.payloadType) == [99, 100])
        #expect(video.rtcpPort == 53020)
        #expect(video.sources == [314_159, 271_828])
        #expect(!video.hasSharedPort)
    }

    @Test func `A shared port is seen`() throws {
        let session = try SessionDescription(parsing: SDPCorpus.gstreamer)
        #expect(session.media[0].hasSharedPort)
        #expect(session.media[1].encodings.first?.isNamed("av1") == true)
    }

    @Test func `A description by hand is read`() throws {
        let session = try SessionDescription(parsing: SDPCorpus.byHand)
        #expect(session.media.count == 1)
        #expect(session.media[0].port == 5004)
        #expect(session.media[0].encodings.map(\.name) == ["MP2T"])
        #expect(session.connection(of: 0) == nil)
    }

    @Test(arguments: SDPCorpus.all)
    func `What is written reads as the same`(text: String) throws {
        let session = try SessionDescription(parsing: text)
        let again = try SessionDescription(parsing: session.text)
        #expect(again.media == session.media)
        #expect(again.attributes == session.attributes)
        #expect(again.text == session.text)
        // With line feeds alone it means the same.
        let bare = session.text.replacing("\r\n", with: "\n")
        #expect(try SessionDescription(parsing: bare) == again)
    }

    @Test func `Lines are in the order that the standard wants`() {
        var medium = MediaDescription(
            kind: "video",
            encodings: [
                RTPEncoding(
                    payloadType: 96,
                    name: "H264",
                    clockRate: 90_000,
                    parameters: ["packetization-mode": "1"]
                )
            ],
            attributes: [SDPAttribute("recvonly")]
        )
        medium.control = "trackID=0"
        let session = SessionDescription(
            origin: SessionDescription.Origin(session: 7, version: 8, address: "192.0.2.1"),
            name: "main",
            connection: SDPConnection(address: "239.1.1.1", timeToLive: 4),
            attributes: [SDPAttribute("control", "*")],
            media: [medium]
        )
        #expect(
            session.text
                == [
                    "v=0", "o=- 7 8 IN IP4 192.0.2.1", "s=main", "c=IN IP4 239.1.1.1/4", "t=0 0", "a=control:*",
                    "m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=fmtp:96 packetization-mode=1", "a=recvonly",
                    "a=control:trackID=0", "",
                ].joined(separator: "\r\n")
        )
    }
}

struct SDPBadInputTests {
    @Test(arguments: ["", "v=0", "v=0\r\ns=x\r\n", "hello", "\0\0\0", "m\r\nm \r\n=m"])
    func `Without a medium it is refused`(text: String) {
        #expect(throws: SDPError.noMedia) { try SessionDescription(parsing: text) }
    }

    @Test(arguments: [
        ("m=", SDPError.field("m= line", line: 1)), ("m=video", .field("m= line", line: 1)),
        ("s=x\nm=video x RTP/AVP 96", .field("m= port", line: 2)),
        ("m=video 65536 RTP/AVP 96", .field("m= port", line: 1)),
        ("m=video -1 RTP/AVP 96", .field("m= port", line: 1)),
        ("m=video 99999999999999999999 RTP/AVP 96", .field("m= port", line: 1)),
    ])
    func `A medium that cannot be read is refused`(text: String, error: SDPError) {
        #expect(throws: error) { try SessionDescription(parsing: text) }
    }

    @Test func `There is a limit to everything`() throws {
        let medium = "m=video 0 RTP/AVP 96\n"
        #expect(throws: SDPError.tooLong(70_000, limit: 65_536)) {
            try SessionDescription(parsing: String(repeating: "x", count: 70_000))
        }
        #expect(throws: SDPError.tooMany("m= lines", limit: 32, line: 33)) {
            try SessionDescription(parsing: String(repeating: medium, count: 33))
        }
        #expect(try SessionDescription(parsing: String(repeating: medium, count: 32)).media.count == 32)
        #expect(throws: SDPError.tooMany("attributes", limit: 256, line: 258)) {
            try SessionDescription(parsing: medium + String(repeating: "a=x\n", count: 257))
        }
        #expect(throws: SDPError.tooMany("lines", limit: 2000, line: 2001)) {
            try SessionDescription(parsing: String(repeating: "i=x\n", count: 2001))
        }
        #expect(throws: SDPError.tooMany("formats", limit: 64, line: 1)) {
            try SessionDescription(parsing: "m=video 0 RTP/AVP" + String(repeating: " 96", count: 65))
        }
    }

    @Test(arguments: [
        "96 /90000", "96", "", "300 H264/90000", "96 X-UNKNOWN", "96 X-UNKNOWN/0",
    ])
    func `A map that says nothing leaves the type unexplained`(map: String) throws {
        let session = try SessionDescription(parsing: "m=video 0 RTP/AVP 96\na=rtpmap:\(map)\n")
        #expect(session.media[0].encodings.isEmpty)
        #expect(session.media[0].formats == ["96"])
    }

    @Test func `Every cut is survived`() {
        for text in SDPCorpus.all {
            for length in stride(from: 0, to: text.count, by: 5) {
                _ = try? SessionDescription(parsing: String(text.prefix(length)))
            }
        }
    }

    // MARK: What devices leave out

    static let sloppy: [(String, String, Int)] = [
        ("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264\r\n", "H264", 90_000),
        ("m=video 0 RTP/AVP 96\na=rtpmap:96 h265/\n", "h265", 90_000),
        ("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/0\r\n", "H264", 90_000),
        ("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000.0\r\na=fmtp:96\r\n", "H264", 90_000),
        ("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/99999999999999999999\r\n", "H264", 90_000),
        ("m=audio 0 RTP/AVP 97\r\na=rtpmap:97 opus\r\n", "opus", 48_000),
        ("m=audio 0 RTP/AVP 97\r\na=rtpmap:97 PCMA\r\n", "PCMA", 8000),
        ("m=audio 0 RTP/AVP 0\r\n", "PCMU", 8000),
        ("m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU\r\n", "PCMU", 8000),
        (
            "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC\r\na=fmtp:97 config=1210;sizelength=13\r\n",
            "MPEG4-GENERIC", 44_100
        ),
        ("m=audio 0 RTP/AVP 97\r\na=fmtp:97 mode=AAC-hbr;config=1190;sizelength=13\r\n", "mpeg4-generic", 48_000),
        ("m=video 0 RTP/AVP 96\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=\r\n", "H264", 90_000),
        ("m=video 0 RTP/AVP 96\r\na=fmtp:96 sprop-vps=QAE=;sprop-sps=QgE=\r\n", "H265", 90_000),
    ]

    @Test(arguments: Self.sloppy)
    func whatIsLeftOutIsWhatTheFormatPrescribes(_ text: String, _ name: String, _ rate: Int) throws {
        let encoding = try #require(try SessionDescription(parsing: "v=0\r\n" + text).media[0].encodings.first)
        #expect(encoding.name == name && encoding.clockRate == rate)
    }

    @Test(arguments: [
        "m=video 0 RTP/AVP 96", "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic",
        "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic\r\na=fmtp:97 config=17\r\n",
        "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic\r\na=fmtp:97 config=1790\r\n",
        "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic\r\na=fmtp:97 config=FFFF\r\n",
        "m=video 0 RTP/AVP 96\r\na=rtpmap:96 X-UNKNOWN", "m=video 0 RTP/AVP 96\r\na=fmtp:96 mode=1",
    ])
    func whatCannotBeKnownIsNotGuessed(_ text: String) throws {
        #expect(try SessionDescription(parsing: "v=0\r\n" + text).media[0].encodings.isEmpty)
    }
}

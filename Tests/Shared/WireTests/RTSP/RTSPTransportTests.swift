import Testing
import Wire

@Suite struct RTSPTransportTests {
    private static func offers(_ header: String) -> [RTSPTransport] { RTSPTransport.offers(in: header, limit: 16) }

    @Test func whatClientsSendIsRead() throws {
        // ffmpeg, over UDP and over TCP.
        let udp = try #require(Self.offers("RTP/AVP/UDP;unicast;client_port=21364-21365;mode=record").first)
        #expect(udp.lower == .udp && !udp.isMulticast && udp.mode == .record)
        #expect(udp.clientPort == RTSPTransport.Pair(rtp: 21364, rtcp: 21365))
        let tcp = try #require(Self.offers("RTP/AVP/TCP;unicast;interleaved=2-3").first)
        #expect(tcp.lower == .tcp && tcp.mode == .play && tcp.interleaved == RTSPTransport.Pair(rtp: 2, rtcp: 3))
        // GStreamer offers all it can in one header.
        let many = Self.offers(
            "RTP/AVP;unicast;client_port=5000-5001,RTP/AVP;multicast;ttl=16,RTP/AVP/TCP;unicast;interleaved=0-1"
        )
        #expect(many.map(\.lower) == [.udp, .udp, .tcp])
        #expect(many.map(\.isMulticast) == [false, true, false])
        #expect(many[1].ttl == 16)
        // VLC's live555 has one port, QuickTime a quoted mode with a comma.
        let single = try #require(Self.offers("RTP/AVP;client_port=6970;mode=\"PLAY,RECORD\"").first)
        #expect(single.clientPort == RTSPTransport.Pair(rtp: 6970, rtcp: 6971))
        #expect(single.mode == .record)
        #expect(try #require(Self.offers("RTP/AVP/TCP;interleaved=0;ssrc=DEADBEEF").first).ssrc == 0xdead_beef)
    }

    @Test func whatMakesNoSenseIsPassedOver() {
        #expect(Self.offers("").isEmpty)
        #expect(Self.offers("RTP").isEmpty)
        #expect(Self.offers("RTP/AVP/SCTP;unicast").isEmpty)
        #expect(Self.offers("RTP/SAVP;unicast;client_port=1-2").map(\.isPlain) == [false])
        let odd = Self.offers("RTP/AVP;client_port=70000-70001;ttl=300;interleaved=256-257;;=;x=y")
        #expect(odd.map(\.clientPort) == [nil])
        #expect(odd.map(\.ttl) == [nil])
        #expect(odd.map(\.lower) == [.udp])
        #expect(RTSPTransport.offers(in: String(repeating: "RTP/AVP,", count: 100), limit: 3).count == 3)
    }

    @Test func whatIsWrittenReadsAsTheSame() throws {
        var transport = RTSPTransport()
        transport.mode = .record
        transport.clientPort = .init(rtp: 5000, rtcp: 5001)
        transport.serverPort = .init(rtp: 30000, rtcp: 30001)
        transport.ssrc = 0xab
        #expect(
            transport.text == "RTP/AVP;unicast;client_port=5000-5001;server_port=30000-30001;ssrc=000000AB;mode=record"
        )
        #expect(Self.offers(transport.text) == [transport])
        var group = RTSPTransport()
        group.isMulticast = true
        group.destination = "239.1.2.3"
        group.port = .init(rtp: 5000, rtcp: 5001)
        group.ttl = 4
        #expect(Self.offers(group.text) == [group])
        var interleaved = RTSPTransport()
        interleaved.lower = .tcp
        interleaved.interleaved = .init(rtp: 254, rtcp: 255)
        #expect(interleaved.text == "RTP/AVP/TCP;unicast;interleaved=254-255")
        #expect(Self.offers(interleaved.text) == [interleaved])
    }
}

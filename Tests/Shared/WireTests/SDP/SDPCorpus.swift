/// Descriptions as devices and programs write them, made from the RFCs and from what is publicly known of each.
enum SDPCorpus {
    /// ffmpeg's `-f rtp -sdp_file`.
    static let ffmpeg = """
        v=0
        o=- 0 0 IN IP4 127.0.0.1
        s=No Name
        t=0 0
        a=tool:libavformat 59.27.100
        m=video 5004 RTP/AVP 96
        c=IN IP4 127.0.0.1
        a=rtpmap:96 H264/90000
        a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LADNoFB+hAAAADAEAAAAyjxQqo,aM4PyA==; profile-level-id=42C00C
        m=audio 5006 RTP/AVP 97
        c=IN IP4 127.0.0.1
        b=AS:96
        a=rtpmap:97 MPEG4-GENERIC/48000/1
        a=fmtp:97 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3; config=118856E500

        """

    /// Camera behind live555, as in RFC 2326 section C with what its makers add: base and control, aggregate, range.
    static let live555 = [
        "v=0", "o=- 1272052389382023 1 IN IP4 0.0.0.0", "s=Session streamed by \"nessyMediaServer\"", "i=1.264",
        "t=0 0", "a=tool:LIVE555 Streaming Media v2011.05.25", "a=type:broadcast", "a=control:*", "a=range:npt=0-",
        "a=x-qt-text-nam:Session streamed by \"nessyMediaServer\"", "m=video 0 RTP/AVP 96", "c=IN IP4 0.0.0.0",
        "b=AS:500", "a=rtpmap:96 H264/90000",
        "a=fmtp:96 packetization-mode=1;profile-level-id=42000C;sprop-parameter-sets=Z0LADNoFB+hAAAADAEAAAAyjxQqo,aM4PyA==",
        "a=control:track1", "m=audio 0 RTP/AVP 0", "a=control:track2",
    ].joined(separator: "\r\n")

    /// An ONVIF camera with metadata and a back channel: blanks, odd cases, a control as an address of its own, an empty
    /// parameter.
    static let onvif = [
        "v=0", "o=- 1109162014219182 1109162014219192 IN IP4 x.y.z.w", "s=Media Presentation", "e=NONE", "b=AS:5050",
        "t=0 0", "a=control:rtsp://192.0.2.7:554/Streaming/Channels/101/", "m=video 0 RTP/AVP 96", "c=IN IP4 0.0.0.0",
        "b=AS:5000", "a=recvonly", "a=x-dimensions:1920,1080",
        "a=Control:rtsp://192.0.2.7:554/Streaming/Channels/101/trackID=1", "a=rtpmap:96  h264/90000",
        "a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets=",
        "m=audio 0 RTP/AVP 8", "c=IN IP4 0.0.0.0", "b=AS:50", "a=recvonly",
        "a=control:rtsp://192.0.2.7:554/Streaming/Channels/101/trackID=2", "a=rtpmap:8 pcma/8000",
        "m=application 0 RTP/AVP 107", "c=IN IP4 0.0.0.0", "b=AS:50",
        "a=control:rtsp://192.0.2.7:554/Streaming/Channels/101/trackID=3", "a=rtpmap:107 vnd.onvif.metadata/90000",
        "a=Media_header:MEDIAINFO=494D4B48010100000400010010710110401F000000FA000000000000000000000000000000000000;",
        "a=appversion:1.0",
    ].joined(separator: "\r\n")

    /// RFC 4570 and RFC 4566 in one: multicast with a source, limited life, several types in a line, comfort noise.
    static let multicast = """
        v=0\r
        o=jdoe 2890844526 2890842807 IN IP4 10.47.16.5\r
        s=SDP Seminar\r
        c=IN IP4 233.252.0.17/127\r
        t=2873397496 2873404696\r
        a=source-filter: incl IN IP4 233.252.0.17 198.51.100.1 198.51.100.2\r
        a=recvonly\r
        m=audio 49170 RTP/AVP 0 8 97 13\r
        a=rtpmap:97 L16/44100/2\r
        a=ptime:20\r
        m=video 51372/2 RTP/AVP 99 100\r
        c=IN IP6 ff15::101/3\r
        a=rtpmap:99 H265/90000\r
        a=fmtp:99 sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwBdlZgJ; sprop-sps=%%%; sprop-max-don-diff=0\r
        a=rtpmap:100 VP8/90000\r
        a=rtcp:53020 IN IP4 233.252.0.18\r
        a=ssrc:314159 cname:camera@example\r
        a=ssrc:314159 msid:a b\r
        a=ssrc:271828\r

        """

    /// GStreamer's, with its own attributes.
    static let gstreamer = """
        v=0
        o=- 1188340656180883 1 IN IP4 127.0.0.1
        s=Session streamed with GStreamer
        i=rtsp-server
        t=0 0
        a=tool:GStreamer
        a=type:broadcast
        a=control:*
        m=audio 5000 RTP/AVP 96
        c=IN IP4 127.0.0.1
        a=rtpmap:96 MP4A-LATM/48000
        a=fmtp:96 cpresent=0;config=40002320adca00
        a=framesize:96 320-240
        a=rtcp-mux
        m=video 5002 RTP/AVP 97
        a=rtpmap:97 AV1/90000
        a=ts-refclk:local
        a=mediaclk:sender

        """

    /// A description by hand: a byte order mark, old Mac line ends, no c=, no v=, no time.
    static let byHand = "\u{FEFF}s=\rm=video   5004\tRTP/AVP   33  \r  a=rtpmap:33 MP2T/90000  \rnonsense\r=\r"

    static let all = [ffmpeg, live555, onvif, multicast, gstreamer, byHand]
}

import Media
import NIOCore
import Testing
import Wire

struct MultivariantPlaylistTests {
    @Test func `A variant says what it needs`() throws {
        let video = try CodecConfiguration(
            record: ByteBuffer(
                hex: "01640028ffe1001967640028acd940780227e5c04400000fa40003a9803c60c65801000668ebe3cb22c0fdf8f800"
            ),
            of: .h264
        )
        let audio = try CodecConfiguration(record: ByteBuffer(hex: "1190"), of: .aac)
        let playlist = MultivariantPlaylist(variants: [
            .init(
                uri: "main/video.m3u8",
                bandwidth: 2_400_000,
                averageBandwidth: 2_150_000,
                tracks: [video, audio, audio]
            )
        ])
        #expect(
            playlist.text == """
                #EXTM3U
                #EXT-X-VERSION:6
                #EXT-X-INDEPENDENT-SEGMENTS
                #EXT-X-STREAM-INF:BANDWIDTH=2400000,AVERAGE-BANDWIDTH=2150000,CODECS="avc1.640028,mp4a.40.2",\
                RESOLUTION=1920x1080,FRAME-RATE=29.970
                main/video.m3u8

                """
        )
    }

    @Test func `A variant says how bright it may be, unless that is usual`() throws {
        // VP9 of ten bits, BT.2020: PQ, HLG, BT.709.
        for (transfer, range) in [("10", "PQ"), ("12", "HLG"), ("01", nil)] {
            let record = ByteBuffer(hex: "01000000 021fa2 09 \(transfer) 09 0000")
            let video = try CodecConfiguration(record: record, of: .vp9)
            let text = MultivariantPlaylist(variants: [.init(uri: "v.m3u8", bandwidth: 1, tracks: [video])]).text
            #expect(text.contains("VIDEO-RANGE") == (range != nil))
            if let range { #expect(text.contains(",VIDEO-RANGE=\(range)\nv.m3u8")) }
        }
    }

    @Test func `Audio renditions form groups`() {
        var variant = MultivariantPlaylist.Variant(uri: "v.m3u8", bandwidth: 0, codecs: [])
        variant.audioGroup = "sound"
        var english = MultivariantPlaylist.AudioRendition(group: "sound", name: "The \"floor\"", uri: "a0.m3u8")
        english.isDefault = true
        english.language = "en"
        english.channels = 2
        let german = MultivariantPlaylist.AudioRendition(group: "sound", name: "German")
        #expect(
            MultivariantPlaylist(variants: [variant], audioRenditions: [english, german]).text == """
                #EXTM3U
                #EXT-X-VERSION:6
                #EXT-X-INDEPENDENT-SEGMENTS
                #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="The 'floor'",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,\
                CHANNELS="2",URI="a0.m3u8"
                #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="German",DEFAULT=NO,AUTOSELECT=YES
                #EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="sound"
                v.m3u8

                """
        )
    }
}

import Foundation
import Toolkit
import Wire

extension TruthTableTests {
    struct Row: Sendable {
        let stream: String
        /// Nil of a stream that is well.
        var fault: String?
        var video: String?
        var audio: String?
        var words = ""
        /// The state that the stream is in meanwhile.
        var state = "degraded"
        /// When it begins, s, and in how many seconds it has to be told.
        var begin = Self.begin
        var time = 5.0
        /// Whether it ends with its cause: what is counted over a minute does not, nor what is wrong all the time.
        var ends = true
        /// How pictures are coded; at a constant bitrate unless it is said.
        var coding = Self.constant
        var keyframes = ["-g", "30", "-keyint_min", "30"]
        var soundCoding = ["-c:a", "aac", "-b:a", "96k"]
        var more: [String] = []
        /// Speed of the encoder's clock.
        var speed = "1"
        var cause = Cause.coding
        /// What the configuration says of the stream.
        var declaration = ""

        static let constant = [
            "-b:v", "400k", "-minrate", "400k", "-maxrate", "400k", "-bufsize", "400k", "-x264-params",
            "nal-hrd=cbr:force-cfr=1",
        ]
        static let variable = ["-crf", "28"]

        /// Seconds that an encoder takes from its first picture to its connection.
        static let slack = 2.0

        /// When the fault is to be told at the latest, with what encoder and relay have waited for a processor, s.
        func latest(held: Double) -> Double { self.begin + self.time + Self.slack + held }

        /// The line that a scraper reads while the fault is told.
        var series: String {
            let kind = self.state == self.fault ? "state" : "fault"
            let labels = "relay=\"live\",stream=\"\(self.stream)\",\(kind)=\"\(self.fault ?? "")\""
            return "transponder_stream_\(kind){\(labels)} 1\n"
        }

        /// When faults begin and end, by the encoder's own clock, s.
        static let begin = 14.0
        static let end = 26.0
    }

    static let during = "enable='between(t,\(Row.begin),\(Row.end))'"
    static let moving = "testsrc2=size=320x180:rate=15"
    static let tone = "sine=frequency=440:sample_rate=48000,volume=-14dB,aformat=channel_layouts=stereo"

    static let faulty =
        pictures + sounds + timing + stepping + sources + outputs + expectations + [
            Row(
                stream: "wanted",
                fault: "publisher_refused",
                video: moving,
                audio: tone,
                words: "Another encoder was refused",
                state: "live",
                time: 8,
                ends: false,
                cause: .wrongKey
            )
        ]

    private static let pictures = [
        // A page of small grey words beside a picture that moves, at a bitrate that is too low for both, from its beginning on.
        Row(
            stream: "smeared",
            fault: "text_illegible",
            video: TextCard(fontSize: 14, ink: "0x777777", noise: 40).source(rate: 15),
            audio: tone,
            words: "Small text smears",
            state: "live",
            begin: 2,
            time: 14,
            ends: false,
            coding: ["-b:v", "200k", "-maxrate", "200k", "-bufsize", "70k"]
        ),
        Row(
            stream: "black",
            fault: "black",
            video: "\(moving),drawbox=color=black:t=fill:\(during)",
            audio: tone,
            words: "is black"
        ),
        Row(
            stream: "frozen",
            fault: "frozen",
            video: "\(moving)[a];smptehdbars=size=320x180:rate=15[b];[a][b]overlay=\(during)",
            audio: tone,
            words: "stood still"
        ),
        Row(
            stream: "flat",
            fault: "flat",
            video: "\(moving),drawbox=color=0x2255aa:t=fill:\(during)",
            audio: tone,
            words: "of one colour"
        ),
        // Rates are means over ten seconds, and must be low for five.
        Row(
            stream: "thin",
            fault: "bitrate_fell",
            video: "\(moving),noise=alls=90:allf=t:enable='not(between(t,10,\(Row.end)))'",
            audio: tone,
            words: "The picture fell from",
            begin: 10,
            time: 14,
            coding: Row.variable
        ),
        Row(
            stream: "half",
            fault: "frame_rate_fell",
            video: "\(moving),select='not(between(t,10,\(Row.end)))+not(mod(n,2))'",
            audio: tone,
            words: "pictures a second arrive where 15 are usual",
            begin: 10,
            time: 14,
            more: ["-vsync", "vfr"]
        ),
        // It falls so slowly that no step of it is a fall.
        Row(
            stream: "decline",
            fault: "bitrate_fell",
            video: "color=gray:size=320x180:rate=15,noise=alls=90:allf=t,fade=t=out:st=7:d=15:c=gray[n];"
                + "testsrc2=size=96x54:rate=15[m];[n][m]overlay",
            audio: tone,
            words: "The picture fell from",
            begin: 12,
            time: 24,
            ends: false,
            coding: Row.variable
        ),
        // One keyframe in 30 s, of which twelve are waited for.
        Row(
            stream: "rare",
            fault: "keyframes_rare",
            video: moving,
            audio: tone,
            words: "has a keyframe only every",
            time: 8,
            keyframes: [
                "-g", "9999", "-force_key_frames",
                "expr:not(mod(n,30))*not(between(t,\(Row.begin + 0.1),\(Row.end + 0.1)))",
            ]
        ),
    ]

    /// One channel of a crowd that is far too loud for a while.
    private static func loud(_ channel: String) -> String {
        "clip(val(\(channel))*(0.2+60*between(t\\,\(Row.begin)\\,\(Row.end)))\\,-1\\,1)"
    }

    private static let sounds = [
        Row(
            stream: "silent",
            fault: "silent",
            video: moving,
            audio: "\(tone),volume=0:\(during)",
            words: "has been silent for"
        ),
        Row(
            stream: "left",
            fault: "channel_missing",
            video: moving,
            audio: "\(tone),aeval=val(0)*not(between(t\\,\(Row.begin)\\,\(Row.end)))|val(1)",
            words: "The left channel has no sound"
        ),
        Row(
            stream: "loud",
            fault: "clipping",
            video: moving,
            audio: "anoisesrc=amplitude=0.1:sample_rate=48000:color=pink,aformat=channel_layouts=stereo,"
                + "aeval=\(loud("0"))|\(loud("1"))",
            words: "too loud"
        ),
    ]

    private static let timing = [
        // Sound that an encoder sends late: it takes 8 s until tracks may be expected to come evenly, and as long is looked at.
        Row(
            stream: "uneven",
            fault: "interleave_gap",
            video: moving,
            audio: tone,
            words: "before the sound of the same time",
            state: "live",
            begin: 8,
            time: 9,
            ends: false,
            cause: .tags(FilteredEncoder.delay(of: .audio, by: 2500))
        ),
        // Twelve of thirteen pictures of 15 a second are B-frames.
        Row(
            stream: "reordered",
            fault: "reordering_deep",
            video: moving,
            audio: tone,
            words: "before they are shown",
            state: "live",
            begin: 4,
            time: 6,
            ends: false,
            coding: ["-b:v", "400k", "-b_strategy", "0", "-sc_threshold", "0"],
            keyframes: ["-g", "39", "-keyint_min", "39"],
            more: ["-bf", "12"]
        ),
        Row(
            stream: "colourful",
            fault: "profile_unusual",
            video: moving,
            audio: tone,
            words: "is coded as H.264 High 4:4:4",
            state: "live",
            begin: 0,
            time: 8,
            ends: false,
            coding: ["-b:v", "400k", "-pix_fmt", "yuv444p"]
        ),
        Row(
            stream: "drift",
            fault: "drifting",
            video: moving,
            audio: tone,
            words: "apart each second",
            more: ["-bsf:a", "setts=ts='TS+50*(clip(TS/1000,\(Row.begin),\(Row.end))-\(Row.begin))'"]
        ),
        // It has been slow from its beginning, which may have been a start that is not even.
        Row(
            stream: "slow",
            fault: "input_slow",
            video: moving,
            audio: tone,
            words: "Only 0.",
            begin: 16,
            time: 16,
            ends: false,
            speed: "0.8"
        ),
        Row(
            stream: "fast",
            fault: "input_fast",
            video: moving,
            audio: tone,
            words: "s of media come in each second",
            begin: 10,
            time: 16,
            ends: false,
            speed: "1.15"
        ),
    ]

    static let healthy = [
        // A page that can be read.
        Row(
            stream: "reading",
            video: TextCard(fontSize: 28, noise: 0).source(rate: 15),
            audio: speech(-20),
            coding: Row.variable
        ),
        // Its clock jumps by an hour, which is mended, and nobody sees anything of it.
        Row(
            stream: "hour",
            video: moving,
            audio: tone,
            cause: .tags(FilteredEncoder.step([.audio, .video], by: 3_600_000, from: Row.begin))
        ),
        Row(stream: "slides", video: "smptehdbars=size=320x180:rate=15", audio: speech(-20)),
        // Slides of which one is turned every 28 s, at the bitrate that each needs.
        Row(
            stream: "turning",
            video: "smptehdbars=size=320x180:rate=15[a];testsrc2=size=320x180:rate=1:d=1,fps=15,"
                + "tpad=stop=-1:stop_mode=clone[b];[a][b]overlay=enable='gt(mod(t,56),28)'",
            audio: speech(-20),
            coding: Row.variable
        ),
        Row(
            stream: "theatre",
            video: "color=0x191919:size=320x180:rate=15,noise=alls=10:allf=t",
            audio: "anoisesrc=amplitude=0.01:sample_rate=48000,aformat=channel_layouts=stereo"
        ),
        Row(stream: "quiet", video: moving, audio: speech(-45)),
        Row(
            stream: "screen",
            video: "testsrc2=size=320x180:rate=5",
            audio: tone,
            keyframes: ["-g", "10", "-keyint_min", "10"]
        ),
        Row(stream: "sound", audio: tone),
        Row(stream: "mute", video: moving),
        // Chords that swell, with B-frames beside.
        Row(
            stream: "music",
            video: moving,
            audio: "aevalsrc='0.3*sin(2*PI*220*t)*(1+0.5*sin(4*PI*t))+0.2*sin(2*PI*330*t)|0.5*sin(2*PI*440*t)':s=48000",
            more: ["-bf", "2"]
        ),
        Row(
            stream: "mono",
            video: moving,
            audio: "sine=frequency=300:sample_rate=44100,volume=-10dB,aformat=channel_layouts=mono"
        ),
        // Much that moves, at the bitrate that it needs.
        Row(
            stream: "film",
            video: "gradients=size=320x180:rate=15:speed=0.02",
            audio: speech(-24),
            coding: Row.variable
        ),
    ]

    /// Words and pauses of two seconds, in a room that is not quite still.
    static func speech(_ level: Int) -> String {
        "sine=frequency=220:sample_rate=48000,volume=\(level + 18)dB,volume='0.001+gt(mod(t\\,5)\\,2)':eval=frame,"
            + "aformat=channel_layouts=stereo"
    }
}

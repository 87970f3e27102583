import Toolkit

/// A publisher of seven coloured bars, with the time written into the picture in a way that `viewer.py` reads.
enum TimedPicture {
    /// What the bars are, red, green and blue.
    static let colours = [
        [191, 191, 191], [191, 191, 0], [0, 191, 191], [0, 191, 0], [191, 0, 191], [191, 0, 0], [0, 0, 191],
    ]

    private static let bits = 14

    /// Publishes at a constant bitrate, bits a second.
    static func publish(to address: String, size: String, bitrate: Int = 1_000_000) throws -> Program {
        let rate = "\(bitrate)"
        return try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i"]
                + [
                    "smptebars=size=\(size):rate=25", "-re", "-f", "lavfi", "-i",
                    "sine=frequency=440:sample_rate=48000",
                ]
                + ["-vf", self.clock, "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"]
                + ["-pix_fmt", "yuv420p", "-g", "25", "-b:v", rate, "-minrate", rate, "-maxrate", rate]
                + ["-bufsize", "\(bitrate / 4)", "-x264-params", "nal-hrd=cbr:filler=1", "-c:a", "aac", "-f", "flv"]
                + [address]
        )
    }

    /// Draws the bits of the time in hundredths of a second.
    private static var clock: String {
        let boxes = (0..<self.bits).map { bit in
            "drawbox=x=iw*\(bit)/20:y=ih*0.9:w=iw/20:h=ih*0.1:color=white:t=fill:"
                + "enable='mod(floor(mod(t\\,163.84)*100/\(1 << bit))\\,2)'"
        }
        let dark = "drawbox=x=0:y=ih*0.9:w=iw:h=ih*0.1:color=black:t=fill"
        let steps = ["settb=1/1000", "setpts=RTCTIME/1000", dark] + boxes + ["setpts=N/(25*TB)"]
        return steps.joined(separator: ",")
    }
}

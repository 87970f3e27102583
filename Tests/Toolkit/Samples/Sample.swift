import Foundation

/// A short file made by ffmpeg: a white flash and a beep of a tenth of a second at every whole second, and a running
/// counter so that every picture differs.
package struct Sample: Hashable, Sendable {
    package enum Video: String, Hashable, Sendable, CaseIterable {
        case h264, hevc, av1, vp9
        /// H.264 whose keyframes after the first are recovery points.
        case openGOP
        /// H.264 without reordering, as low-latency encoders send it.
        case h264Baseline
    }

    package enum Audio: String, Hashable, Sendable, CaseIterable {
        case aac, mp3, opus, flac, ac3, eac3
    }

    package var video: Video?
    package var audio: Audio?
    package var seconds: Int
    package var size: String
    package var sampleRate: Int
    /// Seconds from one keyframe to the next.
    package var keyframeInterval: Int
    /// The file's container: `flv`, or what else ffmpeg tells by a name's end.
    package var container: String

    package init(
        _ video: Video? = .h264,
        _ audio: Audio? = .aac,
        seconds: Int = 4,
        size: String = "320x180",
        sampleRate: Int = 48_000,
        keyframeInterval: Int = 1,
        container: String = "flv"
    ) {
        self.video = video
        self.audio = audio
        self.seconds = seconds
        self.size = size
        self.sampleRate = sampleRate
        self.keyframeInterval = keyframeInterval
        self.container = container
    }

    /// Pictures a second.
    package static let frameRate = 30

    /// The file's path; made once in a run of the tests.
    package func path() async throws(ProgramError) -> String {
        try await SampleCache.shared.path(of: self)
    }

    var name: String {
        let codecs = [self.video?.rawValue, self.audio?.rawValue].compactMap { $0 }.joined(separator: "-")
        return "\(codecs)-\(self.size)-\(self.sampleRate)-\(self.keyframeInterval)-\(self.seconds)s.\(self.container)"
    }

    /// Whether ffmpeg 5.1 can make it: it refuses newer codecs in FLV.
    package var needsModern: Bool {
        guard self.container == "flv" else { return false }
        let oldVideo: [Video?] = [nil, .h264, .openGOP, .h264Baseline]
        let oldAudio: [Audio?] = [nil, .aac, .mp3]
        return !oldVideo.contains(self.video) || !oldAudio.contains(self.audio)
    }

    func arguments(output: String) -> [String] {
        var inputs: [String] = []
        var codecs: [String] = []
        if let video = self.video {
            let flash = "lt(mod(t\\,1)\\,0.1)"
            let black = "color=black:size=\(self.size):rate=\(Self.frameRate)"
            let counter = "testsrc2=size=80x46:rate=\(Self.frameRate)"
            inputs += [
                "-f", "lavfi", "-i",
                "\(black)[b];\(counter)[c];[b]drawbox=color=white:t=fill:enable='\(flash)'[f];"
                    + "[f][c]overlay=8:8:shortest=1,format=yuv420p",
            ]
            codecs += self.encoder(video)
        }
        if let audio = self.audio {
            let beep = "0.5*sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.1)"
            inputs += ["-f", "lavfi", "-i", "aevalsrc='\(beep)|\(beep)':s=\(self.sampleRate)"]
            codecs += self.encoder(audio)
        }
        return ["-hide_banner", "-nostdin", "-loglevel", "error", "-y"] + inputs + ["-t", "\(self.seconds)"] + codecs
            + [output]
    }

    private func encoder(_ video: Video) -> [String] {
        let gop = "\(Self.frameRate * self.keyframeInterval)"
        let x264 = ["-c:v", "libx264", "-preset", "veryfast", "-g", gop, "-keyint_min", gop, "-threads", "1"]
        switch video {
        case .h264: return x264 + ["-sc_threshold", "0", "-bf", "2"]
        case .openGOP: return x264 + ["-bf", "2", "-x264-params", "open-gop=1:scenecut=0"]
        case .h264Baseline: return x264 + ["-sc_threshold", "0", "-profile:v", "baseline", "-tune", "zerolatency"]
        case .hevc:
            return [
                "-c:v", "libx265", "-preset", "ultrafast",
                "-x265-params", "keyint=\(gop):min-keyint=\(gop):scenecut=0:log-level=error:pools=1",
            ]
        case .av1: return ["-c:v", "libsvtav1", "-preset", "12", "-g", gop, "-svtav1-params", "lp=1"]
        case .vp9: return ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", gop]
        }
    }

    private func encoder(_ audio: Audio) -> [String] {
        switch audio {
        case .aac: ["-c:a", "aac", "-b:a", "96k"]
        case .mp3: ["-c:a", "libmp3lame", "-b:a", "96k"]
        case .opus: ["-c:a", "libopus", "-b:a", "96k"]
        case .flac: ["-c:a", "flac"]
        case .ac3: ["-c:a", "ac3", "-b:a", "128k"]
        case .eac3: ["-c:a", "eac3", "-b:a", "128k"]
        }
    }
}

/// Makes each sample once, however many tests ask for it at the same time.
private actor SampleCache {
    static let shared = SampleCache()

    private var made: [Sample: Task<String, any Error>] = [:]
    private let scratch = try? Scratch("samples")

    func path(of sample: Sample) async throws(ProgramError) -> String {
        let task: Task<String, any Error>
        if let known = self.made[sample] {
            task = known
        } else {
            let output = self.scratch?.file(sample.name).path
            task = Task {
                guard let output else { throw ProgramError.notStarted("ffmpeg", reason: "no temporary directory") }
                let program = sample.needsModern ? try await FFmpeg.modern() : FFmpeg.system
                try await Program.run(program, sample.arguments(output: output))
                return output
            }
            self.made[sample] = task
        }
        do {
            return try await task.value
        } catch {
            throw error as? ProgramError ?? .notStarted("ffmpeg", reason: "\(error)")
        }
    }
}

import Foundation
import Toolkit
import Wire

extension TruthTableTests {
    /// Faults of the encoder as a whole and of its line.
    static let sources = [
        Row(
            stream: "halted",
            fault: "stale",
            video: moving,
            audio: tone,
            words: "has been silent for",
            state: "stale",
            time: 2.5,
            cause: .halt
        ),
        Row(
            stream: "killed",
            fault: "stale",
            video: moving,
            audio: tone,
            words: "broke",
            state: "stale",
            time: 1,
            cause: .death
        ),
        Row(
            stream: "restless",
            fault: "unstable",
            video: moving,
            audio: tone,
            words: "was lost 3 times within a minute",
            time: 14,
            ends: false,
            cause: .deaths
        ),
        Row(
            stream: "mute-again",
            fault: "track_missing",
            video: moving,
            audio: tone,
            words: "without the sound it had before",
            time: 10,
            ends: false,
            cause: .returnWithoutSound
        ),
        Row(
            stream: "rivals",
            fault: "contended",
            video: moving,
            audio: tone,
            words: "more than one publishes to",
            time: 10,
            ends: false,
            cause: .rivals
        ),
    ]

    /// What an encoder's own muxer would hide.
    static let stepping = [
        Row(
            stream: "ahead",
            fault: "tracks_stepped",
            video: moving,
            audio: tone,
            words: "moved sound and picture against each other",
            time: 3,
            ends: false,
            cause: .tags(FilteredEncoder.step([.audio], by: 500, from: Row.begin))
        ),
        Row(
            stream: "behind",
            fault: "tracks_stepped",
            video: moving,
            audio: tone,
            words: "moved sound and picture against each other",
            time: 3,
            ends: false,
            cause: .tags(FilteredEncoder.step([.audio], by: -500, from: Row.begin))
        ),
        Row(
            stream: "ragged",
            fault: "timestamps_jump",
            video: moving,
            audio: tone,
            words: "set a clock back",
            time: 10,
            ends: false,
            cause: .tags(FilteredEncoder.stray(.audio, every: 10, by: 400, from: Row.begin, to: Row.end))
        ),
        Row(
            stream: "pictureless",
            fault: "video_stopped",
            video: moving,
            audio: tone,
            words: "Sound arrives but the picture stopped",
            cause: .tags(FilteredEncoder.loss(of: .video, from: Row.begin, to: Row.end))
        ),
        Row(
            stream: "soundless",
            fault: "audio_stopped",
            video: moving,
            audio: tone,
            words: "The picture arrives but the sound stopped",
            cause: .tags(FilteredEncoder.loss(of: .audio, from: Row.begin, to: Row.end))
        ),
    ]

    /// What takes longer to be told, or must be told for longer, than there is time for in every run.
    static let lasting = [
        Row(
            stream: "low",
            fault: "sound_low",
            video: moving,
            audio: "\(tone),volume=-40dB",
            words: "hardly audible",
            begin: 60,
            time: 8,
            ends: false
        ),
        Row(
            stream: "half-for-good",
            fault: "frame_rate_fell",
            video: "\(moving),select='lt(t,10)+not(mod(n,2))'",
            audio: tone,
            words: "pictures a second arrive where 15 are usual",
            begin: 10,
            time: 14,
            ends: false,
            more: ["-vsync", "vfr"]
        ),
    ]

    /// What is wrong where the stream goes.
    static let outputs: [Row] = {
        let port = (try? FreePorts.take(2)[0]) ?? 0
        return [
            Row(
                stream: "sleepers",
                fault: "viewers_slow",
                video: moving,
                audio: tone,
                words: "too slow for the stream",
                state: "live",
                time: 10,
                ends: false,
                cause: .sleepers
            ),
            Row(
                stream: "pushed",
                fault: "push_failed",
                video: moving,
                audio: tone,
                words: "has not reached 'box'",
                state: "live",
                begin: 0,
                time: 10,
                cause: .destination(port),
                declaration: "push: { box: { to: \"srt://127.0.0.1:\(port)\" } }"
            ),
            // Telephone's sound, which FLV and RTP carry.
            Row(
                stream: "voice",
                fault: "format_unavailable",
                audio: "sine=frequency=440:sample_rate=8000,volume=-14dB",
                words: "Nobody can watch by MPEG-TS and its HLS: it can carry nothing of what the encoder sends (PCMA)",
                state: "live",
                time: 8,
                soundCoding: ["-c:a", "pcm_alaw"],
                cause: .question(".ts")
            ),
        ]
    }()

    /// What the configuration expects and does not get, whatever is usual.
    static let expectations = [
        Row(
            stream: "small",
            fault: "size_unexpected",
            video: moving,
            audio: tone,
            words: "The picture is 320×180 where 640×360 is expected",
            begin: 0,
            time: 8,
            ends: false,
            declaration: "expect: { size: 640x360 }"
        ),
        Row(
            stream: "lean",
            fault: "bitrate_low",
            video: moving,
            audio: tone,
            words: "where at least 2 Mbit/s is expected",
            begin: 0,
            time: 10,
            ends: false,
            declaration: "expect: { bitrate: \"2M..\" }"
        ),
        Row(
            stream: "rich",
            fault: "bitrate_high",
            video: moving,
            audio: tone,
            words: "where at most 100 kbit/s is expected",
            begin: 0,
            time: 10,
            ends: false,
            declaration: "expect: { bitrate: \"..100k\" }"
        ),
        Row(
            stream: "hectic",
            fault: "frame_rate_high",
            video: moving,
            audio: tone,
            words: "where at most 10 are expected",
            begin: 0,
            time: 10,
            ends: false,
            declaration: "expect: { fps: \"..10\" }"
        ),
        Row(
            stream: "slideshow",
            fault: "frame_rate_low",
            video: moving,
            audio: tone,
            words: "where at least 24 are expected",
            begin: 0,
            time: 10,
            ends: false,
            declaration: "expect: { fps: \"24..30\" }"
        ),
    ]
}

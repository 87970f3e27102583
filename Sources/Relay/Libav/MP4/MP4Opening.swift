internal import CLibav
internal import Media
internal import NIOCore

/// What an MP4 muxer is opened with.
struct MP4Opening {
    private let streams: [(parameters: StreamParameters, scale: Int, configuration: CodecConfiguration)]
    private let layout: MP4Layout
    private let fragment: Int
    /// Not empty where the header has to wait for packets.
    let firstUnits: [TrackID: ByteBuffer]

    /// Room for a fragment's `moof`, whose sizes libav writes last and seeks back for: about 10,000 samples.
    private static let capacity = 256 * 1024
    private static let videoScale = 90_000

    init(
        _ tracks: [(TrackID, CodecConfiguration)],
        layout: MP4Layout,
        firstUnits: [TrackID: ByteBuffer],
        fragment: Int
    ) throws(LibavError) {
        self.layout = layout
        self.fragment = fragment
        var streams: [(StreamParameters, Int, CodecConfiguration)] = []
        var units: [TrackID: ByteBuffer] = [:]
        for (id, configuration) in tracks {
            guard MP4Muxer.carries(configuration.codec) else { throw .unsupported(configuration.codec, format: .mp4) }
            let parameters = try StreamParameters(id, configuration)
            if MP4Muxer.needsFirstUnit(configuration.codec) {
                guard let unit = firstUnits[id], unit.readableBytes > 0 else {
                    throw .incomplete(id, configuration.codec, missing: "first access unit")
                }
                units[id] = unit
            }
            streams.append(
                (parameters, id.kind == .video ? Self.videoScale : parameters.sampleRate, configuration)
            )
        }
        self.streams = streams
        self.firstUnits = units
    }

    /// libav reads these with a bit reader that looks past the end.
    static func needsPadding(_ codec: Codec) -> Bool {
        switch codec {
        case .av1, .vp9, .ac3, .eac3: true
        case .h264, .hevc, .vp8, .aac, .mp3, .mp2, .opus, .flac, .pcmu, .pcma, .l16: false
        }
    }

    /// The tracks' states, in the order of libav's streams.
    func tracks() -> [MP4Track] {
        self.streams.map { stream in
            MP4Track(stream.parameters.track, scale: stream.scale, configuration: stream.configuration)
        }
    }

    /// A context whose header is written, or waits in libav for ``firstUnits``.
    func open() throws(LibavError) -> OutputContext {
        let context = try OutputContext.allocated(muxer: "mp4", capacity: Self.capacity)
        for stream in self.streams {
            let tag = stream.parameters.codec == .hevc ? libav_tag(104, 118, 99, 49) : 0  // hvc1
            try context.add(stream.parameters, scale: stream.scale, extradata: true, tag: tag)
        }
        var flags = ["frag_custom", "default_base_moof", "skip_trailer", "frag_discont"]
        flags.append(self.firstUnits.isEmpty ? "empty_moov" : "delay_moov")
        if self.layout == .cmaf { flags += ["cmaf", "skip_sidx"] }
        var options = [
            ("movflags", "+" + flags.joined(separator: "+")), ("use_editlist", "0"),
            ("avoid_negative_ts", "disabled"), ("fragment_index", "\(max(1, self.fragment))"),
        ]
        // libavformat calls FLAC in MP4, and MP3 below 16 kHz, experiments.
        let isUnusual = self.streams.contains { stream in
            stream.parameters.codec == .flac
                || stream.parameters.codec == .mp3 && stream.parameters.sampleRate < 16_000
        }
        if isUnusual { options.append(("strict", "experimental")) }
        try context.writeHeader(options, doing: "writing an MP4 header")
        return context
    }

    /// The header as a muxer of the same tracks writes it once it has seen the first units.
    func trialHeader() throws(LibavError) -> ByteBuffer {
        let trial = try self.open()
        var padded = PaddedBytes()
        for (index, stream) in self.streams.enumerated() {
            guard let unit = self.firstUnits[stream.parameters.track] else { continue }
            try trial.write(
                padded.hold(unit),
                stream: index,
                stamp: .init(pts: 0, dts: 0),
                duration: 1536,
                isKeyframe: true,
                doing: "writing a first access unit"
            )
        }
        try trial.flush(doing: "writing an MP4 header")
        let header = trial.take()
        guard header.readableBytes > 0 else {
            throw .failed(
                call: "av_write_frame",
                code: libav_error(EINVAL),
                text: "the first access unit was not understood",
                doing: "writing an MP4 header"
            )
        }
        return header
    }
}

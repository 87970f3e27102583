package import NIOCore

/// Takes AAC frames with ADTS headers off bytes: ISO/IEC 13818-7 section 6.2.
package struct ADTSFraming: Sendable {
    /// What of a header says how its frame is coded.
    private struct Coding: Hashable {
        let profile: Int
        let rateIndex: Int
        let channels: Int

        init(_ header: ADTSFrameHeader) {
            self.profile = header.profile
            self.rateIndex = header.rateIndex
            self.channels = header.channels
        }
    }

    /// What the last frame was coded as, so that each of the same is not read anew.
    private var known: (coding: Coding, configuration: CodecConfiguration)?
    /// The channels of frames whose header does not say them; few frames repeat it.
    private var program: ProgramConfigElement?

    /// `profile_ObjectType` of low complexity, the only one whose channels may stand in the frame here.
    private static let lowComplexity = 1
    private static let samples = 1024
    private static let shortestHeader = 7

    package init() {}

    /// One that goes on where frames were of that configuration.
    package init(after configuration: CodecConfiguration?) {
        guard let configuration, configuration.codec == .aac else { return }
        self.program = (try? AudioSpecificConfig(record: configuration.record))?.program
    }

    package mutating func next(from bytes: inout ByteBuffer) -> AudioFramingStep {
        guard bytes.readableBytes >= Self.shortestHeader else { return .incomplete }
        // Frames of several blocks would have one time for all of them.
        guard let header = ADTSFrameHeader(bytes), header.frameLength > header.length, header.blocks == 1 else {
            return Self.skip(&bytes)
        }
        let start = bytes.readerIndex + header.length
        guard let payload = bytes.getSlice(at: start, length: header.frameLength - header.length) else {
            return .incomplete
        }
        guard let configuration = self.configuration(of: header, payload) else {
            // A frame that relies on channels that were not told yet is a frame all the same.
            guard header.channels == 0 else { return Self.skip(&bytes) }
            bytes.moveReaderIndex(forwardBy: header.frameLength)
            return .skipped
        }
        bytes.moveReaderIndex(forwardBy: header.frameLength)
        return .frame(
            AudioFrame(
                payload: payload,
                samples: Self.samples,
                rate: configuration.sampleRate,
                configuration: configuration
            )
        )
    }

    private mutating func configuration(of header: ADTSFrameHeader, _ payload: ByteBuffer) -> CodecConfiguration? {
        if header.channels == 0, let program = ProgramConfigElement(beginning: payload), program != self.program {
            self.program = program
            self.known = nil
        }
        let coding = Coding(header)
        if let known = self.known, known.coding == coding { return known.configuration }
        guard let made = header.configuration ?? self.configurationByProgram(header) else { return nil }
        self.known = (coding, made)
        return made
    }

    private func configurationByProgram(_ header: ADTSFrameHeader) -> CodecConfiguration? {
        guard header.channels == 0, header.profile == Self.lowComplexity, let program = self.program,
            let record = AudioSpecificConfig.lowComplexity(rateIndex: header.rateIndex, program: program)
        else { return nil }
        return try? CodecConfiguration(record: record, of: .aac)
    }

    private static func skip(_ bytes: inout ByteBuffer) -> AudioFramingStep {
        bytes.skipToSync { $0 & 0xFFF6 == 0xFFF0 }
        return .skipped
    }
}

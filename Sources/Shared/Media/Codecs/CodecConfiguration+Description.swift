extension CodecConfiguration {
    /// The `codecs` parameter of the track: RFC 6381 and the codings' own registrations; for G.711 and L16 the names of
    /// their sample entries in QuickTime files.
    ///
    /// A record that cannot be read gives the name of the sample entry alone.
    package var codecString: String {
        switch self.codec {
        case .h264: (try? AVCDecoderConfiguration(record: self.record).codecString) ?? "avc1"
        case .hevc: (try? HEVCDecoderConfiguration(record: self.record).codecString) ?? "hvc1"
        case .av1: (try? AV1CodecConfiguration(record: self.record).codecString) ?? "av01"
        case .vp9: (try? VPCodecConfiguration(record: self.record)).map { "vp09." + $0.codecString } ?? "vp09"
        case .vp8: (try? VPCodecConfiguration(record: self.record)).map { "vp08." + $0.codecString } ?? "vp08"
        case .aac: (try? AudioSpecificConfig(record: self.record).codecString) ?? "mp4a"
        case .mp3: "mp4a.40.34"
        case .mp2: "mp4a.40.33"
        case .opus: "opus"
        case .flac: "fLaC"
        case .ac3: "ac-3"
        case .eac3: "ec-3"
        case .pcmu: "ulaw"
        case .pcma: "alaw"
        case .l16: "twos"
        }
    }

    /// Pictures a second as the record promises them; nil where it does not, which is no fault.
    package var frameRate: Double? {
        switch self.codec {
        case .h264: try? AVCDecoderConfiguration(record: self.record).sequence.frameRate
        case .hevc: try? HEVCDecoderConfiguration(record: self.record).sequence.frameRate
        case .av1: try? AV1CodecConfiguration(record: self.record).sequence?.frameRate
        case .vp9, .vp8, .aac, .mp3, .mp2, .opus, .flac, .ac3, .eac3, .pcmu, .pcma, .l16: nil
        }
    }

    /// What the numbers of the picture mean, where the record says so; nil for sound.
    package var colour: ColourDescription? {
        switch self.codec {
        case .h264: return try? AVCDecoderConfiguration(record: self.record).sequence.colour
        case .hevc: return try? HEVCDecoderConfiguration(record: self.record).sequence.colour
        case .av1: return try? AV1CodecConfiguration(record: self.record).sequence?.colour
        case .vp9:
            guard let record = try? VPCodecConfiguration(record: self.record) else { return nil }
            return ColourDescription(
                primaries: record.colourPrimaries,
                transfer: record.transferCharacteristics,
                matrix: record.matrixCoefficients
            )
        case .vp8, .aac, .mp2, .mp3, .opus, .flac, .ac3, .eac3, .pcmu, .pcma, .l16: return nil
        }
    }

    /// How many pictures may come before one that is shown ahead of them, where the record says; nil for all others.
    package var reorderDepth: Int? {
        switch self.codec {
        case .h264: try? AVCDecoderConfiguration(record: self.record).sequence.reorderDepth
        case .hevc: try? HEVCDecoderConfiguration(record: self.record).sequence.reorderDepth
        case .av1, .vp9, .vp8, .aac, .mp3, .mp2, .opus, .flac, .ac3, .eac3, .pcmu, .pcma, .l16: nil
        }
    }

    /// Bytes in the length before each NAL unit; nil for codings without NAL units.
    package var nalLengthSize: Int? {
        switch self.codec {
        case .h264: try? AVCDecoderConfiguration(record: self.record).nalLengthSize
        case .hevc: try? HEVCDecoderConfiguration(record: self.record).nalLengthSize
        case .av1, .vp9, .vp8, .aac, .mp3, .mp2, .opus, .flac, .ac3, .eac3, .pcmu, .pcma, .l16: nil
        }
    }
}

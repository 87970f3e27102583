import Media
import NIOCore

/// What is known of one track of a publisher.
struct MediaTagTrack: Sendable {
    let id: TrackID
    let codec: Codec

    /// In force: access units are given out under it.
    private(set) var configuration: CodecConfiguration?

    /// Channels that a MultichannelConfig spoke of.
    var announcedChannels: Int?

    /// Came without what only a key frame can add.
    private var announced: CodecConfiguration?

    private var nalLengthSize = 4

    /// The longest record taken. Records with a few parameter sets have some hundred bytes.
    private static let recordLimit = 1 << 16

    init(id: TrackID, codec: Codec) {
        self.id = id
        self.codec = codec
    }

    /// Takes a record from the source, and gives the configuration unless a key frame has to complete it.
    mutating func configure(_ record: ByteBuffer) throws(FLVError) -> CodecConfiguration? {
        guard record.readableBytes <= Self.recordLimit else {
            throw .configurationTooLarge(self.id, self.codec, record.readableBytes, limit: Self.recordLimit)
        }
        // Allowed for Opus, and harmless where access units tell enough.
        if record.readableBytes == 0, self.codec.accessUnitsTellConfiguration { return nil }
        let configuration: CodecConfiguration
        do throws(CodecError) {
            configuration = try CodecConfiguration(record: record, of: self.codec)
        } catch {
            throw .configuration(self.id, self.codec, error)
        }
        switch self.codec {
        case .h264, .hevc:
            self.nalLengthSize = configuration.nalLengthSize ?? 4
        case .av1 where configuration.width == 0, .vp9, .vp8:
            self.announced = configuration
            return nil
        case .mp3, .ac3, .eac3:
            return nil
        case .av1, .aac, .opus, .flac:
            break
        }
        self.announced = nil
        self.configuration = configuration
        return configuration
    }

    /// The access unit as a sample, and whether a decoder can start there; nil when it is not known how it is coded.
    mutating func accessUnit(
        _ bytes: ByteBuffer,
        isFlaggedKeyframe: Bool
    ) throws(FLVError) -> (payload: ByteBuffer, isKeyframe: Bool)? {
        switch self.codec {
        case .h264:
            guard self.configuration != nil else { return nil }
            return try self.nalUnits(
                bytes,
                isFlaggedKeyframe,
                AVCAccessUnit.randomAccess(bytes, nalLengthSize: self.nalLengthSize)
            )
        case .hevc:
            guard self.configuration != nil else { return nil }
            return try self.nalUnits(
                bytes,
                isFlaggedKeyframe,
                HEVCAccessUnit.randomAccess(bytes, nalLengthSize: self.nalLengthSize)
            )
        case .av1:
            guard let unit = AV1TemporalUnit(bytes) else { throw .accessUnitStructure(self.id, self.codec) }
            if unit.isKeyframe, self.configuration == nil || self.announced != nil { try self.complete(from: bytes) }
            return self.configuration == nil ? nil : (unit.sample, unit.isKeyframe)
        case .vp9, .vp8:
            let isKeyframe = try self.complete(from: bytes)
            return self.configuration == nil ? nil : (bytes, isKeyframe)
        case .mp3, .ac3, .eac3:
            try self.complete(from: bytes)
            return (bytes, true)
        case .opus, .flac:
            if self.configuration == nil { try self.complete(from: bytes) }
            return (bytes, true)
        case .aac:
            return self.configuration == nil ? nil : (bytes, true)
        }
    }

    /// Some encoders flag key frames wrongly, so what the NAL units show counts for more: an IDR picture is one
    /// always, and a flagged picture without one only if it is all intra slices or has a recovery point.
    private func nalUnits(
        _ bytes: ByteBuffer,
        _ isFlagged: Bool,
        _ access: RandomAccess?
    ) throws(FLVError) -> (payload: ByteBuffer, isKeyframe: Bool) {
        guard let access else { throw .accessUnitStructure(self.id, self.codec) }
        return (bytes, access == .complete || isFlagged && access == .recovering)
    }

    /// Takes the configuration from an access unit; false when that one has none in it.
    @discardableResult
    private mutating func complete(from bytes: ByteBuffer) throws(FLVError) -> Bool {
        var found: CodecConfiguration?
        do throws(CodecError) {
            found = try CodecConfiguration(accessUnit: bytes, of: self.codec)
        } catch {
            throw .accessUnit(self.id, self.codec, error)
        }
        guard var configuration = found else { return false }
        if self.codec == .opus, let channels = self.announcedChannels, let head = OpusHead(channels: channels) {
            (configuration.record, configuration.channels) = (head.record, channels)
        }
        // A record from the source knows what a frame does not tell: the level.
        if self.codec != .av1, let announced = self.announced { configuration.record = announced.record }
        if self.codec == .av1 { self.announced = nil }
        self.configuration = configuration
        return true
    }
}

extension Codec {
    /// The coding can be relayed from a source that sends no configuration.
    fileprivate var accessUnitsTellConfiguration: Bool {
        switch self {
        case .h264, .hevc, .aac: false
        case .av1, .vp9, .vp8, .mp3, .opus, .flac, .ac3, .eac3: true
        }
    }
}

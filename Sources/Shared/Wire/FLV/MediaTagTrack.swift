import Media
import NIOCore

/// What is known of one track of a publisher whose coding has no NAL units; of the others see ``NALTagTrack``.
struct MediaTagTrack: Sendable, Codable {
    let id: TrackID
    let codec: Codec

    /// In force: access units are given out under it.
    private(set) var configuration: CodecConfiguration?

    /// Channels that a MultichannelConfig spoke of.
    var announcedChannels: Int?

    /// Came without what only a key frame can add.
    private var announced: CodecConfiguration?

    /// The longest record taken. Records with a few parameter sets have some hundred bytes.
    static let recordLimit = 1 << 16

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
        case .av1 where configuration.width == 0, .vp9, .vp8:
            self.announced = configuration
            return nil
        case .mp3, .mp2, .ac3, .eac3, .pcmu, .pcma, .l16:
            return nil
        case .h264, .hevc, .av1, .aac, .opus, .flac:
            break
        }
        self.announced = nil
        self.configuration = configuration
        return configuration
    }

    struct AccessUnit {
        /// The access unit as a sample.
        var payload: ByteBuffer
        var isKeyframe: Bool
        /// In force from this access unit on, where that changed with it.
        var configuration: CodecConfiguration?
    }

    /// The access unit, or nil when it is not known how it is coded.
    mutating func accessUnit(_ bytes: ByteBuffer) throws(FLVError) -> AccessUnit? {
        switch self.codec {
        case .h264, .hevc:
            // A track of another kind: see ``NALTagTrack``.
            return nil
        case .av1, .vp9, .vp8:
            let picture = try self.picture(bytes)
            var changed: CodecConfiguration?
            // AV1's configuration is looked for only where there is none: its sequence header is long.
            if picture.isKeyframe, self.codec != .av1 || self.configuration == nil || self.announced != nil {
                changed = try self.complete(from: bytes)
            }
            guard self.configuration != nil else { return nil }
            return AccessUnit(payload: picture.payload, isKeyframe: picture.isKeyframe, configuration: changed)
        case .mp3, .mp2, .ac3, .eac3:
            let changed = try self.complete(from: bytes)
            return AccessUnit(payload: bytes, isKeyframe: true, configuration: changed)
        case .opus, .flac:
            let changed = self.configuration == nil ? try self.complete(from: bytes) : nil
            return AccessUnit(payload: bytes, isKeyframe: true, configuration: changed)
        case .pcmu, .pcma, .l16:
            let wanted = CodecConfiguration(pcm: self.codec, channels: self.announcedChannels ?? 1)
            let changed = self.configuration == wanted ? nil : wanted
            self.configuration = wanted
            return AccessUnit(payload: bytes, isKeyframe: true, configuration: changed)
        case .aac:
            return self.configuration == nil ? nil : AccessUnit(payload: bytes, isKeyframe: true)
        }
    }

    private func picture(_ bytes: ByteBuffer) throws(FLVError) -> CodedPicture {
        do throws(CodecError) {
            return try CodedPicture(bytes, of: self.codec)
        } catch {
            guard self.codec != .av1 else { throw .accessUnitStructure(self.id, self.codec) }
            throw .accessUnit(self.id, self.codec, error)
        }
    }

    /// Takes the configuration from an access unit, where it has one, and gives it if it is another than before.
    private mutating func complete(from bytes: ByteBuffer) throws(FLVError) -> CodecConfiguration? {
        var found: CodecConfiguration?
        do throws(CodecError) {
            found = try CodecConfiguration(accessUnit: bytes, of: self.codec)
        } catch {
            throw .accessUnit(self.id, self.codec, error)
        }
        guard var configuration = found else { return nil }
        if self.codec == .opus, let channels = self.announcedChannels, let head = OpusHead(channels: channels) {
            (configuration.record, configuration.channels) = (head.record, channels)
        }
        if self.codec == .av1 {
            self.announced = nil
        } else if let announced = self.announced {
            // A record from the source knows what a frame does not tell: the level.
            configuration.record = announced.record
        }
        guard configuration != self.configuration else { return nil }
        self.configuration = configuration
        return configuration
    }
}

extension Codec {
    /// The coding can be relayed from a source that sends no configuration.
    fileprivate var accessUnitsTellConfiguration: Bool {
        switch self {
        case .h264, .hevc, .aac: false
        case .av1, .vp9, .vp8, .mp3, .mp2, .opus, .flac, .ac3, .eac3, .pcmu, .pcma, .l16: true
        }
    }
}

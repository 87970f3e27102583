import Media
import NIOCore

/// Enhanced RTMP v2, "Enhanced Audio" and "Enhanced Video".
extension MediaTagMessage {
    private enum VideoPacketType: UInt8 {
        case sequenceStart = 0
        case codedFrames = 1
        case sequenceEnd = 2
        /// Coded frames with a composition time of zero that is left out.
        case codedFramesX = 3
        case metadata = 4
        case transportStreamSequenceStart = 5
    }

    private enum AudioPacketType: UInt8 {
        case sequenceStart = 0
        case codedFrames = 1
        case sequenceEnd = 2
        case multichannelConfig = 4
    }

    private enum Multitrack: UInt8 {
        case oneTrack = 0
        case manyTracks = 1
        case manyTracksManyCodecs = 2
    }

    private static let modEx: UInt8 = 7

    mutating func readEnhancedAudio(_ reader: inout TagBodyReader, packetType first: UInt8) throws(FLVError) {
        let type = try self.readModifiers(&reader, packetType: first, field: "AudioPacketType")
        try self.readTracks(&reader, packetType: type, multitrack: 5, field: "AudioPacketType") {
            (reader, type, coding) throws(FLVError) in
            guard let type = AudioPacketType(rawValue: type) else {
                throw reader.refusal(of: Int(type), "AudioPacketType")
            }
            switch type {
            case .sequenceStart: return .configuration(reader.rest())
            case .codedFrames: return .accessUnit(reader.rest(), compositionTime: 0, isKeyframe: true)
            case .sequenceEnd: return .nothing
            case .multichannelConfig:
                // The order of the channels is for those who play them; the layout goes no further than its size.
                _ = try reader.byte("audioChannelOrder")
                return .channels(Int(try reader.byte("channelCount")))
            }
        }
    }

    mutating func readEnhancedVideo(
        _ reader: inout TagBodyReader,
        frameType: UInt8,
        packetType first: UInt8
    ) throws(FLVError) {
        let type = try self.readModifiers(&reader, packetType: first, field: "VideoPacketType")
        // A command carries no body, whatever the packet type beside it; the frame type of metadata means nothing.
        if frameType == 5, type != VideoPacketType.metadata.rawValue { return }
        let isKeyframe = Self.isKey(frameType)
        try self.readTracks(&reader, packetType: type, multitrack: 6, field: "VideoPacketType") {
            (reader, type, coding) throws(FLVError) in
            guard let type = VideoPacketType(rawValue: type) else {
                throw reader.refusal(of: Int(type), "VideoPacketType")
            }
            switch type {
            case .sequenceStart:
                return .configuration(reader.rest())
            case .codedFrames:
                var compositionTime = 0
                if coding == .known(.h264) || coding == .known(.hevc) {
                    compositionTime = try reader.signed24("compositionTimeOffset")
                }
                return .accessUnit(reader.rest(), compositionTime: compositionTime, isKeyframe: isKeyframe)
            case .codedFramesX:
                return .accessUnit(reader.rest(), compositionTime: 0, isKeyframe: isKeyframe)
            case .sequenceEnd, .metadata, .transportStreamSequenceStart:
                // An AV1 descriptor of MPEG-2 TS tells less than the key frame that has to follow.
                return .nothing
            }
        }
    }

    /// Skips what modifies the packet, keeping the one modifier that there is, and gives the type behind it.
    private mutating func readModifiers(
        _ reader: inout TagBodyReader,
        packetType: UInt8,
        field: String
    ) throws(FLVError) -> UInt8 {
        var type = packetType
        while type == Self.modEx {
            var size = Int(try reader.byte("modExDataSize")) + 1
            if size == 256 {
                let high = Int(try reader.byte("modExDataSize"))
                size = high << 8 + Int(try reader.byte("modExDataSize")) + 1
            }
            let data = try reader.slice(size, "modExData")
            let next = try reader.byte(field)
            type = next & 0x0F
            if next >> 4 == 0, size >= 3, let high = data.getInteger(at: data.readerIndex, as: UInt16.self),
                let low = data.getInteger(at: data.readerIndex + 2, as: UInt8.self)
            {
                // More than a millisecond is not an offset within one.
                let offset = Int(high) << 8 | Int(low)
                if offset < 1_000_000 { self.nanoseconds = offset }
            }
        }
        return type
    }

    /// Goes through the tracks of a tag, of which there is one unless a multitrack header says otherwise.
    private mutating func readTracks(
        _ reader: inout TagBodyReader,
        packetType: UInt8,
        multitrack: UInt8,
        field: String,
        content: (inout TagBodyReader, UInt8, Coding) throws(FLVError) -> Content
    ) throws(FLVError) {
        guard packetType == multitrack else {
            let coding = Self.coding(try reader.fourCC(), reader.kind)
            self.shares = [Share(track: 0, coding: coding, content: try content(&reader, packetType, coding))]
            return
        }
        let header = try reader.byte("multitrackType")
        guard let layout = Multitrack(rawValue: header >> 4) else {
            throw reader.refusal(of: Int(header >> 4), "multitrackType")
        }
        let type = header & 0x0F
        guard type != multitrack, type != Self.modEx else { throw reader.refusal(of: Int(type), field) }
        var coding: Coding?
        if layout != .manyTracksManyCodecs { coding = Self.coding(try reader.fourCC(), reader.kind) }
        repeat {
            guard self.shares.count < self.trackLimit else { throw .tooManyTracks(reader.kind, limit: self.trackLimit) }
            let trackCoding: Coding
            if let coding { trackCoding = coding } else { trackCoding = Self.coding(try reader.fourCC(), reader.kind) }
            let track = try reader.byte("trackId")
            var part = reader
            if layout == .oneTrack {
                _ = reader.rest()
            } else {
                part = try reader.part(try reader.unsigned24("sizeOfTrack"), "track")
            }
            let content = try content(&part, type, trackCoding).detached
            self.shares.append(Share(track: track, coding: trackCoding, content: content))
        } while !reader.isAtEnd
    }

    /// A FourCC of a coding of the other kind is as unknown as one never heard of.
    private static func coding(_ code: FourCC, _ kind: FLVTag.Kind) -> Coding {
        guard let codec = code.codec, codec.kind == (kind == .video ? .video : .audio) else { return .unknown(code) }
        return .known(codec)
    }
}

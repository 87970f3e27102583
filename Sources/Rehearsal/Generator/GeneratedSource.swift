internal import NIOCore
package import Wire

/// Travelling colour bars and silence, at a steady bit rate.
package struct GeneratedSource: PublishSource {
    package struct Settings: Hashable, Sendable {
        package var picture: PictureFormat
        /// Bits a second, of pictures and sound.
        package var bitrate: Int
        /// Pictures from one keyframe to the next.
        package var keyframeInterval: Int

        package init(picture: PictureFormat, bitrate: Int, keyframeInterval: Int) {
            self.picture = picture
            self.bitrate = bitrate
            self.keyframeInterval = keyframeInterval
        }
    }

    /// A keyframe takes as many bytes as so many other pictures, as an encoder would have it.
    private static let keyframeWeight = 6

    private let settings: Settings
    private let coder: TestPicture
    private let predictedSize: Int
    private var pictures = 0
    private var sounds = 0

    package init(_ settings: Settings) {
        self.settings = settings
        self.coder = TestPicture(format: settings.picture)
        let pictureBytes = max(settings.bitrate - SilentSound.bitrate, 0) / 8 / settings.picture.framesPerSecond
        let weights = Self.keyframeWeight + settings.keyframeInterval - 1
        self.predictedSize = pictureBytes * settings.keyframeInterval / weights
    }

    package var prelude: [FLVTag] {
        var picture = ByteBuffer(bytes: [0x17, 0, 0, 0, 0])
        picture.writeBytes(self.coder.decoderConfiguration)
        let sound = ByteBuffer(bytes: [0xaf, 0] + SilentSound.decoderConfiguration)
        return [
            FLVTag(kind: .script, timestamp: 0, body: self.metadata),
            FLVTag(kind: .video, timestamp: 0, body: picture),
            FLVTag(kind: .audio, timestamp: 0, body: sound),
        ]
    }

    package mutating func next() -> FLVTag {
        let pictureTime = self.pictures * 1000 / self.settings.picture.framesPerSecond
        let soundTime = self.sounds * SilentSound.samplesPerFrame * 1000 / SilentSound.sampleRate
        guard pictureTime <= soundTime else {
            self.sounds += 1
            let body = ByteBuffer(bytes: [0xaf, 1] + SilentSound.frame)
            return FLVTag(kind: .audio, timestamp: UInt32(truncatingIfNeeded: soundTime), body: body)
        }
        let body = self.picture(self.pictures)
        self.pictures += 1
        return FLVTag(kind: .video, timestamp: UInt32(truncatingIfNeeded: pictureTime), body: body)
    }

    private func picture(_ number: Int) -> ByteBuffer {
        let (group, position) = number.quotientAndRemainder(dividingBy: self.settings.keyframeInterval)
        let unit = position == 0 ? self.coder.keyframe(number: group) : self.coder.successor(position: position)
        let size = position == 0 ? Self.keyframeWeight * self.predictedSize : self.predictedSize
        var body = ByteBuffer()
        body.reserveCapacity(max(size, unit.bytes.count + 9))
        body.writeBytes([position == 0 ? 0x17 : 0x27, 1, 0, 0, 0])
        let missing = size - body.readableBytes - unit.bytes.count - 8
        // Information comes before what it is about (section 7.4.1.2.3).
        if missing >= NALUnit.leastPadding { body.writeLengthPrefixed(.padding(total: missing)) }
        body.writeLengthPrefixed(unit)
        return body
    }

    /// `onMetaData` as encoders send it (FLV 10.1 annex E.5).
    private var metadata: ByteBuffer {
        let picture = self.settings.picture
        let fields: [(String, Int)] = [
            ("width", picture.width), ("height", picture.height), ("framerate", picture.framesPerSecond),
            ("videocodecid", 7), ("videodatarate", self.settings.bitrate / 1000),
            ("audiocodecid", 10), ("audiosamplerate", SilentSound.sampleRate), ("audiosamplesize", 16),
        ]
        var body = ByteBuffer(bytes: [2, 0, 10])
        body.writeString("onMetaData")
        body.writeBytes([8])
        body.writeInteger(UInt32(fields.count))
        for (name, value) in fields {
            body.writeInteger(UInt16(name.utf8.count))
            body.writeString(name)
            body.writeInteger(UInt8(0))
            body.writeInteger(Double(value).bitPattern)
        }
        body.writeBytes([0, 0, 9])
        return body
    }
}

extension ByteBuffer {
    mutating fileprivate func writeLengthPrefixed(_ unit: NALUnit) {
        self.writeInteger(UInt32(unit.bytes.count))
        self.writeBytes(unit.bytes)
    }
}

extension GeneratedSource {
    /// The stream's beginning as an FLV file.
    package func file(lasting duration: Duration) -> [UInt8] {
        let encoder = FLVTagEncoder()
        var bytes = encoder.fileHeader(hasAudio: true, hasVideo: true)
        for tag in self.prelude { encoder.write(tag, into: &bytes) }
        var source = self
        while true {
            let tag = source.next()
            guard Duration.milliseconds(Int64(tag.timestamp)) < duration else { break }
            encoder.write(tag, into: &bytes)
        }
        return Array(bytes.readableBytesView)
    }
}

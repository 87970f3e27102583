import NIOCore

/// As one process writes it down for the next, which takes nothing of it that cannot be true.
extension CodecConfiguration: Codable {
    private enum CodingKeys: String, CodingKey {
        case codec, record, width, height, sampleRate, channels
    }

    /// No picture, no sample rate and no number of channels is greater.
    private static let most = Int(Int32.max)

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            codec: try values.decode(Codec.self, forKey: .codec),
            record: try values.decode(ByteBuffer.self, forKey: .record)
        )
        func number(_ key: CodingKeys) throws -> Int {
            let number = try values.decode(Int.self, forKey: key)
            guard (0...Self.most).contains(number) else {
                throw DecodingError.dataCorruptedError(forKey: key, in: values, debugDescription: "\(number)")
            }
            return number
        }
        self.width = try number(.width)
        self.height = try number(.height)
        self.sampleRate = try number(.sampleRate)
        self.channels = try number(.channels)
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(self.codec, forKey: .codec)
        try values.encode(self.record, forKey: .record)
        try values.encode(self.width, forKey: .width)
        try values.encode(self.height, forKey: .height)
        try values.encode(self.sampleRate, forKey: .sampleRate)
        try values.encode(self.channels, forKey: .channels)
    }
}

/// Silence as AAC-LC, 48 kHz, two channels.
enum SilentSound {
    static let sampleRate = 48_000
    static let samplesPerFrame = 1024

    /// AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1): AAC-LC, 48 kHz, stereo.
    static let decoderConfiguration: [UInt8] = [0x11, 0x90]

    /// One raw_data_block: a channel pair without a spectrum.
    static let frame: [UInt8] = [0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80]

    static var bitrate: Int { Self.frame.count * 8 * Self.sampleRate / Self.samplesPerFrame }
}

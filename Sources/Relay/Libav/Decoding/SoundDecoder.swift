internal import CLibav
package import Media
package import NIOCore

/// Decodes the sound of one track, some stretch of it now and then.
package final class SoundDecoder {
    private let context: DecoderContext

    /// Channels that are looked at; further ones are not.
    package static let channelLimit = 8

    private init(_ context: consuming DecoderContext) {
        self.context = context
    }

    package static func make(_ track: TrackID, _ configuration: CodecConfiguration) throws(LibavError) -> SoundDecoder {
        let parameters = try StreamParameters(track, configuration)
        return SoundDecoder(try DecoderContext.opened(parameters, pixels: 0))
    }

    /// What comes next does not follow from what came before.
    package func forget() { self.context.forget() }

    /// Decodes one access unit and adds its samples.
    ///
    /// - Returns: how many were added to each channel.
    @discardableResult
    package func decode(_ payload: ByteBuffer, into sound: inout SoundSamples) throws(LibavError) -> Int {
        try self.context.send(payload, isKeyframe: true)
        var added = 0
        while true {
            var samples = SoundSamples()
            let count = try unsafe self.context.receive { unsafe Self.take($0, into: &samples) }
            guard let count else { return added }
            if samples.rate != sound.rate || samples.channels.count != sound.channels.count {
                // Another form of sound begins, and is looked at from here on.
                sound = SoundSamples(
                    rate: samples.rate,
                    channels: Array(repeating: [], count: samples.channels.count)
                )
                added = 0
            }
            for index in sound.channels.indices { sound.channels[index] += samples.channels[index] }
            added += count
        }
    }

    private static func take(_ frame: UnsafePointer<AVFrame>, into sound: inout SoundSamples) -> Int {
        let count = Int(unsafe frame.pointee.nb_samples)
        let all = Int(unsafe frame.pointee.ch_layout.nb_channels)
        sound.rate = Int(unsafe frame.pointee.sample_rate)
        guard count > 0, all > 0, sound.rate > 0 else { return 0 }
        let format = unsafe AVSampleFormat(frame.pointee.format)
        let isPlanar = av_sample_fmt_is_planar(format) != 0
        let packed = av_get_packed_sample_fmt(format)
        let stride = isPlanar ? 1 : all
        sound.channels = (0..<min(all, Self.channelLimit)).map { channel in
            guard let bytes = unsafe libav_channel(frame, Int32(isPlanar ? channel : 0)) else {
                return Array(repeating: 0, count: count)
            }
            let first = isPlanar ? 0 : channel
            return unsafe Self.floats(UnsafeRawPointer(bytes), packed, first: first, stride: stride, count: count)
        }
        return count
    }

    private static func floats(
        _ bytes: UnsafeRawPointer,
        _ format: AVSampleFormat,
        first: Int,
        stride: Int,
        count: Int
    ) -> [Float] {
        func all<Number>(_ type: Number.Type, _ convert: (Number) -> Float) -> [Float] {
            let numbers = unsafe bytes.assumingMemoryBound(to: type)
            return (0..<count).map { unsafe convert(numbers[first + $0 * stride]) }
        }
        switch format {
        case AV_SAMPLE_FMT_U8: return all(UInt8.self) { (Float($0) - 128) / 128 }
        case AV_SAMPLE_FMT_S16: return all(Int16.self) { Float($0) / 32_768 }
        case AV_SAMPLE_FMT_S32: return all(Int32.self) { Float($0) / 2_147_483_648 }
        case AV_SAMPLE_FMT_FLT: return all(Float.self) { $0.isFinite ? $0 : 0 }
        case AV_SAMPLE_FMT_DBL: return all(Double.self) { $0.isFinite ? Float($0) : 0 }
        default: return Array(repeating: 0, count: count)
        }
    }
}

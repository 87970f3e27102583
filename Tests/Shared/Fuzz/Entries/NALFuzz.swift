import Media
import NIOCore

/// The first byte says how, the rest are NAL units after lengths of two bytes: whole, in pieces and as messages they must
/// make the same access units.
enum NALFuzz {
    static func run(_ input: ByteBuffer) {
        var input = input
        guard let first: UInt8 = input.readInteger() else { return }
        let codec: Codec = first & 1 == 0 ? .h264 : .hevc
        var units: [ByteBuffer] = []
        while let length: UInt16 = input.readInteger(),
            let unit = input.readSlice(length: min(Int(length), input.readableBytes))
        {
            if unit.readableBytes > 0 { units.append(unit) }
        }
        let whole = Self.samples(units, codec) { maker, unit in maker.append(unit) }
        let size = 1 + Int(first >> 4)
        let pieces = Self.samples(units, codec) { maker, unit in Self.append(unit, to: &maker, size: size) }
        precondition(whole == pieces, "NAL units in pieces make other access units")
        for sample in whole { Self.judge(sample) }
        Self.sendAsMessages(whole, codec)
        _ = Self.samples([.init(bytes: input.readableBytesView)], codec) { maker, unit in
            guard let framing = NALSampleMaker.Framing(unit, codec, usual: 4) else { return }
            maker.append(unit, framing)
        }
    }

    private static func samples(
        _ units: [ByteBuffer],
        _ codec: Codec,
        _ append: (inout NALSampleMaker, ByteBuffer) -> Void
    ) -> [NALSampleMaker.Sample] {
        guard var maker = NALSampleMaker(codec) else { preconditionFailure("a coding of NAL units has none") }
        var samples: [NALSampleMaker.Sample] = []
        for (number, unit) in units.enumerated() {
            if number % 3 == 0 { maker.note(.init(time: Int64(number), isRandomAccess: number % 2 == 0)) }
            append(&maker, unit)
            while let sample = maker.next() { samples.append(sample) }
        }
        maker.finish()
        while let sample = maker.next() { samples.append(sample) }
        precondition(maker.length >= 0)
        return samples
    }

    /// The beginning of a slice comes in one piece, as every packet has room for it.
    private static func append(_ unit: ByteBuffer, to maker: inout NALSampleMaker, size: Int) {
        var rest = unit
        let headerLength = maker.codec == .h264 ? 1 : 2
        guard let header = rest.readSlice(length: headerLength),
            let start = rest.readSlice(length: min(64, rest.readableBytes))
        else {
            maker.append(unit)
            return
        }
        var piece = maker.begin(header, start)
        while rest.readableBytes > 0, let part = rest.readSlice(length: min(size, rest.readableBytes)) {
            maker.append(part, to: &piece)
        }
        maker.end(piece)
    }

    private static func judge(_ sample: NALSampleMaker.Sample) {
        precondition(sample.payload.readableBytes > 0, "an access unit is empty")
        var units = NALUnits(sample.payload, lengthSize: 4)
        while units.next() != nil {}
        precondition(units.isWellFormed, "lengths of NAL units do not add up")
        guard let configuration = sample.configuration else { return }
        _ = (configuration.codecString, configuration.colour, configuration.frameRate, configuration.reorderDepth)
    }

    /// What came out as access units goes in as messages, and comes out by the same number at least.
    private static func sendAsMessages(_ samples: [NALSampleMaker.Sample], _ codec: Codec) {
        guard var maker = NALSampleMaker(codec) else { return }
        var clock = AccessUnitClock(codec)
        for (number, sample) in samples.enumerated() {
            let stamp = NALSampleMaker.Stamp(time: Int64(number) * 40_000)
            if let configuration = sample.configuration { clock.begin(configuration) }
            switch maker.whole(sample.payload, stamp: stamp) {
            case .sample(let same): precondition(same.payload == sample.payload, "a message is changed")
            case .unconfigured: break
            case nil:
                maker.note(stamp)
                maker.append(sample.payload, .lengths(4, end: sample.payload.writerIndex))
                maker.finish()
                while let other = maker.next() { Self.judge(other) }
            }
            if number % 2 == 0 {
                clock.note(decoded: stamp.time, shown: stamp.time &+ Int64(sample.order?.count ?? 0), sample.order)
            } else {
                _ = clock.next(sample.order)
            }
        }
    }
}

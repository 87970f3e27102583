import Media
import NIOCore
import Wire

/// What a packetiser wrote, taken apart by the layouts of the RFCs.
struct SentPacket {
    var channel: UInt8
    var marker: Bool
    var payloadType: UInt8
    var sequence: UInt16
    var timestamp: UInt32
    var source: UInt32
    var payload: [UInt8]

    /// Nil when the frames are not whole, or one of them is no RTP packet.
    static func read(_ frames: ByteBuffer) -> [SentPacket]? {
        var frames = frames
        var packets: [SentPacket] = []
        while frames.readableBytes > 0 {
            guard let head = frames.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self), head.0 == 0x24,
                var packet = frames.readSlice(length: Int(head.2)),
                let fixed = packet.readMultipleIntegers(as: (UInt8, UInt8, UInt16, UInt32, UInt32).self),
                fixed.0 == 0x80
            else { return nil }
            packets.append(
                SentPacket(
                    channel: head.1,
                    marker: fixed.1 & 0x80 != 0,
                    payloadType: fixed.1 & 0x7F,
                    sequence: fixed.2,
                    timestamp: fixed.3,
                    source: fixed.4,
                    payload: Array(packet.readableBytesView)
                )
            )
        }
        return packets
    }
}

/// A packetiser and what it is asked to send.
final class Sender {
    static let avc = Sender.bytes(
        "0142c00affe100176742c00ad9047b011000000300100000030320f122648001000568cb83cb20"
    )
    static let hevc = Sender.bytes(
        "0101600000009000000000007bf000fcfdf8f800000f03200001001840010c01ffff01600000030090000003000003007b959809"
            + "210001002a42010101600000030090000003000003007ba003c08010e596566924caf0168080000003008000001904"
            + "22000100074401c172b46240"
    )
    private(set) var packetizer: RTPPacketizer

    init?(_ codec: Codec, record: [UInt8] = [], rate: Int = 0, channels: Int = 0, limit: Int = 1200) {
        var configuration = CodecConfiguration(codec: codec, record: ByteBuffer(bytes: record))
        (configuration.sampleRate, configuration.channels) = (rate, channels)
        let presentation = RTPPresentation([TrackID(codec.kind): configuration], path: "live/main")
        guard let track = presentation.tracks.first else { return nil }
        self.packetizer = RTPPacketizer(track, framing: .interleaved, limit: limit, sequence: 65_534)
    }

    func send(_ bytes: [UInt8], at time: Int64 = 1_000_000, isKeyframe: Bool = false) -> [SentPacket]? {
        var frames = ByteBuffer()
        self.packetizer.write(
            Packet(
                track: self.packetizer.track.track,
                pts: MediaTime(microseconds: time),
                dts: MediaTime(microseconds: time),
                flags: isKeyframe ? .keyframe : [],
                payload: ByteBuffer(bytes: bytes)
            ),
            into: &frames
        )
        return SentPacket.read(frames)
    }

    static func bytes(_ hex: String) -> [UInt8] {
        stride(from: 0, to: hex.count, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
    }

    /// NAL units behind their lengths in four bytes.
    static func sample(_ units: [UInt8]...) -> [UInt8] {
        units.flatMap { unit in (0..<4).map { UInt8(unit.count >> (24 - 8 * $0) & 0xFF) } + unit }
    }
}

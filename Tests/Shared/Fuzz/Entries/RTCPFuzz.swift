import NIOCore
import Wire

/// One compound packet. What was read can be written, and reads as the same.
enum RTCPFuzz {
    static func run(_ input: ByteBuffer) {
        let packets = RTCPPacket.read(input).packets
        var bytes = ByteBuffer()
        for packet in packets {
            // Names of other bytes than text's are longer once repaired, and may not fit any more.
            if case .sourceDescription = packet { continue }
            packet.write(into: &bytes)
        }
        let wanted = packets.filter { if case .sourceDescription = $0 { false } else { true } }
        precondition(RTCPPacket.read(bytes).packets == wanted, "what was written reads as something else")
    }
}

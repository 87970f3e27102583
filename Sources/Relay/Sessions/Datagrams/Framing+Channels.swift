package import Fanout
package import Linux

extension DatagramViewer.Framing {
    /// The channels of an RTP tape, each by the socket that is connected to its port. Every track that a stream may have has its
    /// ports, whether it has it now or not.
    package static func channels(by sockets: [HeldDescriptor]) -> Self {
        var channels: [UInt8: HeldDescriptor] = [:]
        for (channel, socket) in sockets.enumerated() { channels[UInt8(clamping: channel)] = socket }
        return .interleaved(channels)
    }
}

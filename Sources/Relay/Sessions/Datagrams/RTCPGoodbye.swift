import Contract
package import Fanout
import Linux
import NIOCore
package import Streams
import Wire

/// Says to somebody who is sent RTP, and will not be any more while the stream goes on for others, that nothing more comes:
/// RFC 3550 section 6.6. Where a stream ends for all, its tape says it.
package struct RTCPGoodbye: Sendable {
    private let datagrams: [(packet: [UInt8], by: HeldDescriptor)]

    /// - Parameters:
    ///   - framing: where its packets go.
    ///   - stream: whose packets they are.
    package init(to framing: DatagramViewer.Framing, of stream: Stream) {
        switch framing {
        case .interleaved(let channels):
            self.datagrams = (stream.presentation?.tracks ?? []).compactMap { track in
                channels[track.reportChannel].map {
                    (Self.packet(track.synchronizationSource, "\(stream.path)"), $0)
                }
            }
        case .transportStream(_, let source?, let reports?):
            self.datagrams = [(Self.packet(source, "\(stream.path)"), reports)]
        case .transportStream: self.datagrams = []
        }
    }

    /// What cannot be sent now is not: the silence says the same, later.
    package func send() {
        for (packet, socket) in self.datagrams { try? UDPSocket.send(packet, by: socket) }
    }

    /// A compound packet begins with a report, be it empty: section 6.1.
    private static func packet(_ source: UInt32, _ name: String) -> [UInt8] {
        var bytes = ByteBuffer()
        RTCPPacket.receiverReport(source: source, []).write(into: &bytes)
        RTCPPacket.sourceDescription([RTCPSourceName(source: source, canonicalName: name)]).write(into: &bytes)
        RTCPPacket.goodbye([source]).write(into: &bytes)
        return Array(bytes.readableBytesView)
    }
}

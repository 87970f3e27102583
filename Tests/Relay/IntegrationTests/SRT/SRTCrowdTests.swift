import NIOCore
import Testing
import Toolkit

extension RealPrograms {
    @Suite("Crowds of SRT callers")
    struct SRTCrowd {
        /// A caller's handshake as SRT draft section 3.2.1 has it.
        private static func handshake(version: UInt32, type: UInt32, caller: UInt32, cookie: UInt32) -> [UInt8] {
            var packet = ByteBuffer()
            // A control packet of type 0 to socket 0; a handshake that asks for datagrams.
            for word in [0x8000_0000, 0, 0, 0, version, version == 5 ? 1 : 2, 7, 1500, 8192, type, caller, cookie] {
                packet.writeInteger(UInt32(word))
            }
            packet.writeInteger(UInt32(0x0100_007F))
            packet.writeRepeatingByte(0, count: 12)
            return Array(packet.readableBytesView)
        }

        @Test("Those who never end their handshake cost nothing and keep nobody out")
        func unfinished() async throws {
            let relay = try await SRTPeers.relay { $0.limits = ["undecided": "50", "reserved": "5"] }
            let port = try #require(relay.srt.split(separator: ":").last.flatMap { UInt16($0) })
            let descriptors = relay.descriptors
            let crowd = try (0..<400).map { _ in try DatagramSocket(to: port) }
            func press() {
                for (index, caller) in crowd.enumerated() {
                    let id = UInt32(index + 1)
                    caller.send(Self.handshake(version: 4, type: 1, caller: id, cookie: 0))
                    // The conclusion of who has not read what he was to bring back.
                    caller.send(Self.handshake(version: 5, type: 0xFFFF_FFFF, caller: id, cookie: id))
                }
            }
            press()
            let source = try await Sample(.h264, .aac, container: "ts").path()
            let publisher = try SRTPeers.publish(source, to: relay.srt, "publish:live/main:publish-key", repeats: 1000)
            try await relay.expectLive(codecs: ["h264", "aac"])
            press()
            let frames = try await DecodedFrame.all(
                of: "srt://\(relay.srt)",
                options: ["-srt_streamid", "read:live/main", "-t", "1"],
                deadline: .seconds(30)
            )
            #expect(!frames.isEmpty)
            #expect(publisher.isRunning, "\(publisher.lastWords)")
            #expect(relay.descriptors < descriptors + 50)
            #expect(relay.logLines.count < 40, "\(relay.log)")
        }
    }
}

import Foundation
import Media
import NIOCore
import Testing
import Toolkit
import Wire

/// What of a packetised unit has come before its end.
struct TSArrivalTests {
    private static let null = ByteBuffer(bytes: [0x47, 0x1F, 0xFF, 0x10] + [UInt8](repeating: 0xFF, count: 184))

    @Test func `A picture arrives with the packets of its own`() async throws {
        let packets = TSMaterial.packets(try await TSMaterial.bytes(.h264, .aac, size: "640x360"))
        let pid = TSMaterial.mainPID(packets)
        var demuxer = TSDemuxer()
        var (arrived, tables, pictures) = (0, 0, 0)
        for packet in packets {
            let events = demuxer.receive(packet)
            let arrival = demuxer.arrival.take()
            if TSMaterial.pid(packet) == pid {
                let isWhole = events.contains { if case .packet = $0 { true } else { false } }
                // Where one ends the next may begin in the same packet.
                if !isWhole, !events.isEmpty || demuxer.hasTracks { #expect(arrival.picture || arrival.unused) }
                if isWhole { pictures += 1 }
                arrived += arrival.picture ? 1 : 0
            } else if [0, 17].contains(TSMaterial.pid(packet)) || TSMaterial.startsUnit(packet) == false {
                #expect(!arrival.picture)
                tables += 1
            }
        }
        #expect(arrived > 20, "\(arrived)")
        #expect(tables > 10 && pictures > 80, "\(tables), \(pictures)")
    }

    @Test func `Null packets, tables and repeated packets are no part of it`() async throws {
        let packets = TSMaterial.packets(try await TSMaterial.bytes(.h264, nil, size: "640x360"))
        let pid = TSMaterial.mainPID(packets)
        let tables = packets.filter { TSMaterial.pid($0) != pid }
        var demuxer = TSDemuxer()
        // Into the midst of a picture.
        var last = ByteBuffer()
        for packet in packets.prefix(40) {
            _ = demuxer.receive(packet)
            let arrival = demuxer.arrival.take()
            if TSMaterial.pid(packet) == pid { last = packet }
            if arrival.picture, TSMaterial.pid(packet) == pid, !TSMaterial.startsUnit(packet) { break }
        }
        #expect(TSMaterial.pid(last) == pid)
        for packet in [last] + [ByteBuffer](repeating: Self.null, count: 20) + tables.prefix(6) {
            #expect(demuxer.receive(packet).isEmpty)
            #expect(demuxer.arrival.take().isEmpty, "PID \(TSMaterial.pid(packet))")
        }
    }
}

import Foundation
import Libav
import Media
import NIOCore
import Testing
import Toolkit

@Suite("Memory of muxers")
struct MuxerMemoryTests {
    @Test("Thousands of muxers, made and dropped with work unfinished, leave nothing behind")
    func churn() async {
        await #expect(processExitsWith: .success) {
            let recording = try await Recording(Sample(.h264, .ac3))
            func churn(_ rounds: Int) throws {
                for _ in 0..<rounds {
                    var file = try MP4Muxer.make(recording.configurations, firstUnits: recording.firstUnits)
                    var stream = try TSMuxer.make(recording.configurations)
                    for (index, packet) in recording.packets.prefix(20).enumerated() {
                        try file.append(packet)
                        _ = try stream.append(packet)
                        if index == 10 { _ = try file.flushFragment(before: packet) }
                    }
                }
            }
            try churn(200)
            let before = try Self.residentBytes()
            try churn(2000)
            let growth = try Self.residentBytes() - before
            #expect(growth < 1 << 20, "\(growth) bytes")
        }
    }

    @Test("A muxer that runs for long does not grow")
    func steady() async {
        await #expect(processExitsWith: .success) {
            let recording = try await Recording(Sample(.h264, .aac))
            var file = try MP4Muxer.make(recording.configurations)
            var stream = try TSMuxer.make(recording.configurations)
            func run(_ rounds: Range<Int>) throws {
                for round in rounds {
                    for (index, packet) in recording.packets.enumerated() {
                        var packet = packet
                        let shift = MediaTime.seconds(Double(round) * 5)
                        packet.pts = packet.pts + shift
                        packet.dts = packet.dts + shift
                        if index % 10 == 0 { _ = try file.flushFragment(before: packet) }
                        try file.append(packet)
                        _ = try stream.append(packet)
                    }
                }
            }
            try run(0..<20)
            let before = try Self.residentBytes()
            try run(20..<220)  // a quarter of an hour and a bit
            let growth = try Self.residentBytes() - before
            #expect(growth < 1 << 20, "\(growth) bytes")
        }
    }

    static func residentBytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * 4096
    }
}

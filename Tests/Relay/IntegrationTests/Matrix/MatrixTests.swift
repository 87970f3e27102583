import Foundation
import Testing
import Toolkit

extension RealPrograms {
    @Suite("Every way in, every way out")
    struct Matrix {
        /// What is sent, longer than any viewer records.
        private static let sample = Sample(.h264Baseline, .aac, seconds: 40, container: "mp4")

        /// How long each viewer records.
        private static let seconds = 5

        @Test("In by each protocol, out by all", arguments: Sender.allCases, Inlet.allCases)
        func matrix(_ sender: Sender, _ inlet: Inlet) async throws {
            let ports = try FreePorts.take(6)
            let relay = try await Self.relay(inlet, ports)
            let file = try await Self.sample.path()
            let publisher = try sender.start(file, by: inlet, to: inlet.address(on: relay, ports), ports)
            try await relay.expectLive(codecs: ["h264", "aac"])
            try #require(publisher.isRunning, "\(publisher.lastWords)")

            let scratch = try Scratch("matrix")
            var viewers: [(Reception, Program, String)] = []
            for reception in Reception.allCases {
                let file = scratch.file("\(reception.rawValue).mkv").path
                let program = try reception.record(Self.seconds, from: relay, ports, into: file)
                viewers.append((reception, program, file))
            }
            for (reception, program, file) in viewers {
                let result = try await program.result(within: .seconds(60))
                #expect(result.ending == .exit(0), "\(reception): \(result.errorText)")
                try await Self.expectWhole(file, reception, "\(sender), \(inlet) to \(reception)")
            }
            withExtendedLifetime(publisher) {}
        }

        private static func relay(_ inlet: Inlet, _ ports: [UInt16]) async throws -> RelayProcess {
            try await RelayProcess.quick { configuration in
                configuration.servesRTSP = true
                configuration.more = ["srt:", "  listen: 127.0.0.1:0", "streams:", "  main:"]
                if let declaration = inlet.declaration(ports) { configuration.more.append("    \(declaration)") }
                configuration.more += ["    push:"] + Reception.destinations(ports).map { "      \($0)" }
            }
        }

        /// Pictures and sound decode, times rise, and sound is where it was in the source.
        private static func expectWhole(_ file: String, _ reception: Reception, _ way: String) async throws {
            let frames = try await DecodedFrame.all(of: file, isStrict: false)
            #expect(frames.count >= (Self.seconds - 2) * Sample.frameRate, "\(way): \(frames.count) pictures")
            let packets = try await FFprobe.packets(file)
            let timed = reception.isByRTP ? packets.timedOverRTP() : packets
            #expect(timed.setback == nil, "\(way)")
            let offset = try await AVOffset.measure(file).milliseconds
            let sent = try #require(try await AVOffset.measure(Self.sample.path()).milliseconds)
            let got = try #require(offset, "\(way): neither flashes nor beeps")
            #expect(abs(got - sent) <= 45, "\(way): sound is \(got) ms behind the picture, in the source \(sent) ms")
            Figures.note("A/V offset, \(way): \(got - sent) ms")
        }
    }
}

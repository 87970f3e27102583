import Media
import NIOCore
import Testing
import Toolkit
import Wire

/// H.264 over a line that loses, repeats, delays and swaps packets.
struct LossyLinkTests {
    /// Pictures with a key frame every 25, each with its packets as RFC 6184 has them.
    private struct Film {
        var samples: [ByteBuffer] = []
        var packets: [(packet: RTPPacket, sent: Int64)] = []

        static func isKey(_ index: Int) -> Bool { index % 25 == 0 }
        static func timestamp(_ index: Int) -> UInt32 { UInt32(truncatingIfNeeded: 0xFFFF_0000 + index * 3600) }

        init(pictures: Int, _ random: inout SeededGenerator) {
            var sender = TestSender()
            for index in 0..<pictures {
                var sample = ByteBuffer()
                var payloads: [ByteBuffer] = Self.isKey(index) ? [ByteBuffer(hex: Self.sets)] : []
                for slice in 0..<Int.random(in: 1...3, using: &random) {
                    var unit = ByteBuffer(integer: Self.isKey(index) ? UInt8(0x65) : 0x41)
                    // The code of first_mb_in_slice: 0 for the first alone.
                    unit.writeInteger(UInt8(slice == 0 ? 0x88 : 0x48))
                    let length = Int.random(in: 1...4000, using: &random)
                    unit.writeInteger(UInt64.random(in: 0...UInt64.max, using: &random))
                    unit.writeRepeatingByte(UInt8.random(in: 1...255, using: &random), count: length)
                    sample.writeSampleUnit(unit)
                    payloads += Self.payloads(unit)
                }
                self.samples.append(sample)
                for (place, payload) in payloads.enumerated() {
                    let isLast = place == payloads.count - 1
                    let packet = sender.packet(payload, at: Self.timestamp(index), marker: isLast)
                    self.packets.append((packet, Int64(index) * 40_000 + Int64(place) * 500))
                }
            }
        }

        private static let sets = "78 001a 6764000cacd941419f9f011000000300100000030320f1429960 0004 68ef8fcb"

        private static func payloads(_ unit: ByteBuffer) -> [ByteBuffer] {
            guard unit.readableBytes > 1200 else { return [unit] }
            var rest = unit
            guard let header = rest.readInteger(as: UInt8.self) else { return [] }
            var payloads: [ByteBuffer] = []
            while let part = rest.readSlice(length: min(1100, rest.readableBytes)), part.readableBytes > 0 {
                let edge: UInt8 = (payloads.isEmpty ? 0x80 : 0) | (rest.readableBytes == 0 ? 0x40 : 0)
                var payload = ByteBuffer(bytes: [header & 0xE0 | 28, header & 0x1F | edge])
                payload.writeImmutableBuffer(part)
                payloads.append(payload)
            }
            return payloads
        }
    }

    struct Line: CustomTestStringConvertible {
        var loss = 0.0
        var repetition = 0.0
        /// The longest extra delay, µs.
        var jitter: Int64 = 0

        var testDescription: String { "loss \(self.loss), repetition \(self.repetition), jitter \(self.jitter) µs" }
    }

    static let lines = [
        Line(), Line(loss: 0.005), Line(loss: 0.05), Line(loss: 0.3), Line(repetition: 0.05), Line(jitter: 30_000),
        Line(loss: 0.01, repetition: 0.02, jitter: 20_000), Line(loss: 0.1, repetition: 0.1, jitter: 40_000),
    ]

    private struct Outcome {
        /// The numbers of the pictures that came out.
        var pictures: [Int] = []
        var dropped = 0
        var repeated = 0
        var reordered = 0
        /// Pictures that lost nothing.
        var whole: Set<Int> = []
        var statistics: RTPTrackStatistics
    }

    private static func run(_ line: Line, _ onLoss: RTPReceiverConfiguration.OnLoss, seed: UInt64) throws -> Outcome {
        var random = SeededGenerator(seed: seed)
        let film = Film(pictures: 300, &random)
        var test = try TestReceiver(encoding: "H264/90000", onLoss: onLoss)
        var outcome = Outcome(statistics: test.statistics)
        outcome.whole = Set(0..<300)
        var arrivals: [(packet: RTPPacket, time: Int64)] = []
        for (place, sent) in film.packets.enumerated() {
            // The last ones always come: nobody knows of a loss before the next packet.
            if place > 2, place < film.packets.count - 3, Double.random(in: 0..<1, using: &random) < line.loss {
                outcome.dropped += 1
                // Of a key frame's first packet only parameter sets are lost, which are known already.
                let kind = sent.packet.payload.getInteger(at: sent.packet.payload.readerIndex, as: UInt8.self)
                if kind != 0x78 { outcome.whole.remove(Int(sent.packet.timestamp &- Film.timestamp(0)) / 3600) }
                continue
            }
            let isRepeated = Double.random(in: 0..<1, using: &random) < line.repetition
            if isRepeated { outcome.repeated += 1 }
            for _ in 0...(isRepeated ? 1 : 0) {
                arrivals.append((sent.packet, sent.sent + Int64.random(in: 0...line.jitter, using: &random)))
            }
        }
        // The first packet says where numbers begin.
        arrivals.sort { ($0.packet.sequence == 65_530 ? -1 : $0.time) < ($1.packet.sequence == 65_530 ? -1 : $1.time) }
        var seen: Set<UInt16> = []
        var highest: UInt16 = 65_529
        for (packet, time) in arrivals {
            if seen.insert(packet.sequence).inserted, Int16(bitPattern: packet.sequence &- highest) < 0 {
                outcome.reordered += 1
            } else if Int16(bitPattern: packet.sequence &- highest) > 0 {
                highest = packet.sequence
            }
            test.now = 1_000_000 + time
            if let deadline = test.receiver.deadline, deadline <= test.now {
                test.events += test.receiver.tick(now: test.now)
            }
            test.take(packet)
        }
        test.wait()
        let first = try #require(test.packets.first).timestamp
        for packet in test.packets {
            let shown = packet.timestamp + packet.compositionOffset
            let index = Int((shown - first + 20_000) / 40_000)
            outcome.pictures.append(index)
        }
        // Times tell which picture each is; its bytes have to be that picture's.
        let offset = try #require(film.samples.firstIndex(of: test.packets[0].payload)) - outcome.pictures[0]
        outcome.pictures = outcome.pictures.map { $0 + offset }
        for (packet, index) in zip(test.packets, outcome.pictures) {
            #expect(packet.payload == film.samples[index], "picture \(index) is not as it was sent")
            #expect(packet.isKeyframe == Film.isKey(index))
        }
        outcome.statistics = test.statistics
        return outcome
    }

    @Test(arguments: lines, [1, 2])
    func `Nothing damaged comes out, pictures wait for a key frame, and counts are exact`(
        line: Line,
        seed: UInt64
    ) throws {
        let outcome = try Self.run(line, .hold, seed: seed)
        let statistics = outcome.statistics
        #expect(statistics.lost == outcome.dropped)
        #expect(statistics.duplicates == outcome.repeated)
        #expect(statistics.reordered == outcome.reordered)
        #expect(statistics.late == 0)
        #expect(statistics.malformed == 0)
        #expect(statistics.accessUnits == outcome.pictures.count)
        // Every picture follows its forerunner, or is a key frame.
        for (before, picture) in zip(outcome.pictures, outcome.pictures.dropFirst()) where picture % 25 != 0 {
            #expect(picture == before + 1)
        }
        #expect(outcome.pictures.first.map { $0 % 25 } == 0)
        if outcome.dropped == 0 { #expect(outcome.pictures == Array(0..<300)) }
        // What is whole and follows a key frame without a gap comes out, but for what stands directly behind a gap.
        if line.loss <= 0.05 { #expect(outcome.pictures.count > 30) }
    }

    @Test(arguments: lines)
    func `Where losses are passed, all that is surely whole comes out and nothing else`(line: Line) throws {
        let outcome = try Self.run(line, .pass, seed: 9)
        #expect(Set(outcome.pictures).isSubset(of: outcome.whole))
        // Only where a gap lies between two pictures the second may have lost its first packet, for all one knows.
        #expect(outcome.whole.count - outcome.pictures.count <= outcome.dropped)
        if outcome.dropped == 0 { #expect(outcome.pictures.count == 300) }
    }
}

import Media
import NIOCore
import Testing
import Toolkit
import Wire

struct TSDamageTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `After a loss pictures wait for a keyframe, and what is missing is counted`(seed: UInt64) async throws {
        var packets = TSMaterial.packets(try await TSMaterial.bytes(.h264, .aac, size: "640x360"))
        let whole = TSHarvest(TSMaterial.joined(packets))
        let pid = TSMaterial.mainPID(packets)
        var dice = SeededGenerator(seed: seed)
        // One packet of the second group of pictures.
        let places = packets.indices.filter { TSMaterial.pid(packets[$0]) == pid }
        let place = places[places.count / 3 + Int.random(in: 0..<places.count / 6, using: &dice)]
        packets.remove(at: place)
        let harvest = TSHarvest(TSMaterial.joined(packets), chunk: 1316)
        #expect(harvest.statistics.lostPackets == 1)
        #expect(harvest.statistics.gaps == 1)
        #expect(harvest.audio == whole.audio)
        #expect(harvest.video.count < whole.video.count)
        // What is given out was sent so, and goes on with a keyframe behind the hole.
        let known = Set(whole.video)
        #expect(harvest.video.allSatisfy(known.contains))
        let after = zip(whole.video, harvest.video).first { $0 != $1 }?.1
        #expect(after?.isKeyframe == true)
        #expect(harvest.video.suffix(20) == whole.video.suffix(20))
    }

    /// A whole turn of every counter is missing, which only who brings the packets can know.
    @Test func `After a gap that no counter shows pictures wait for a keyframe`() async throws {
        let packets = TSMaterial.packets(try await TSMaterial.bytes(.h264, nil, size: "640x360"))
        let whole = TSHarvest(TSMaterial.joined(packets)).video
        let pid = TSMaterial.mainPID(packets)
        // In the second group of pictures.
        let start = packets.count * 45 / 100
        var count = 0
        let end = try #require(
            packets[start...].firstIndex { packet in
                if TSMaterial.pid(packet) == pid { count += 1 }
                return count > 16
            }
        )
        var demuxer = TSDemuxer()
        var events = demuxer.receive(TSMaterial.joined(Array(packets[..<start])))
        events += demuxer.interrupt()
        events += demuxer.receive(TSMaterial.joined(Array(packets[end...]))) + demuxer.flush()
        #expect(demuxer.statistics.lostPackets == 0)
        let got = events.compactMap { if case .packet(let packet) = $0 { packet } else { nil } }
        #expect(got.count < whole.count && got.count > whole.count / 3)
        let known = Set(whole)
        #expect(got.allSatisfy(known.contains))
        #expect(zip(whole, got).first { $0 != $1 }?.1.isKeyframe == true)
    }

    @Test func `Pictures are passed on after a loss where that is wanted`() async throws {
        var packets = TSMaterial.packets(try await TSMaterial.bytes(.h264, nil, size: "640x360"))
        let whole = TSHarvest(TSMaterial.joined(packets))
        packets.remove(at: packets.count / 2)
        var configuration = TSDemuxer.Configuration()
        configuration.holdsAfterLoss = false
        let harvest = TSHarvest(TSMaterial.joined(packets), chunk: 1316, configuration)
        #expect(harvest.statistics.lostPackets == 1)
        #expect(harvest.statistics.heldUnits == 0)
        #expect(harvest.video.count >= whole.video.count - 1)
    }

    @Test(arguments: [11, 12, 13, 14, 15, 16] as [UInt64])
    func `Flipped bits, holes and foreign bytes are survived`(seed: UInt64) async throws {
        let packets = TSMaterial.packets(try await TSMaterial.bytes(seed % 2 == 0 ? .h264 : .hevc, .aac))
        var dice = SeededGenerator(seed: seed)
        var damaged = ByteBuffer()
        for packet in packets {
            switch Int.random(in: 0..<200, using: &dice) {
            case 0: break
            case 1:
                damaged.writeBytes(
                    (0..<Int.random(in: 1..<400, using: &dice)).map { _ in UInt8.random(in: 0...255, using: &dice) }
                )
            case 2:
                damaged.writeImmutableBuffer(packet)
                damaged.writeImmutableBuffer(packet)
            case 3...10:
                var broken = packet
                for _ in 0..<Int.random(in: 1..<8, using: &dice) {
                    let index = broken.readerIndex + Int.random(in: 0..<188, using: &dice)
                    let byte = broken.getInteger(at: index, as: UInt8.self) ?? 0
                    broken.setInteger(byte ^ 1 << UInt8.random(in: 0..<8, using: &dice), at: index)
                }
                damaged.writeImmutableBuffer(broken)
            default: damaged.writeImmutableBuffer(packet)
            }
        }
        // A clean stream behind it is read to its end whatever came before.
        let clean = TSMaterial.joined(packets)
        damaged.writeImmutableBuffer(clean)
        let harvest = TSHarvest(damaged, chunk: 1316)
        let whole = TSHarvest(clean)
        #expect(harvest.statistics.lostPackets > 0)
        #expect(harvest.video.suffix(60).map(\.payload) == whole.video.suffix(60).map(\.payload))
        #expect(harvest.audio.suffix(100).map(\.payload) == whole.audio.suffix(100).map(\.payload))
    }

    @Test(arguments: [21, 22, 23] as [UInt64])
    func `Noise makes nothing and keeps nothing`(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        var demuxer = TSDemuxer()
        for _ in 0..<200 {
            let noise = (0..<1316).map { _ in seed == 23 ? 0x47 : UInt8.random(in: 0...255, using: &dice) }
            #expect(demuxer.receive(ByteBuffer(bytes: noise)).isEmpty)
        }
        #expect(demuxer.statistics.packets > 0 || demuxer.statistics.skippedBytes > 200_000)
    }

    @Test func `Encrypted, damaged and repeated packets and broken tables are counted`() async throws {
        let packets = TSMaterial.packets(try await TSMaterial.bytes(.h264, .aac))
        let pid = TSMaterial.mainPID(packets)
        var marked = packets
        let own = packets.indices.filter { TSMaterial.pid(packets[$0]) == pid }
        let tables = packets.indices.filter { TSMaterial.pid(packets[$0]) == 0 }
        func change(_ index: Int, _ offset: Int, _ mask: UInt8) {
            var packet = ByteBuffer(bytes: marked[index].readableBytesView)
            packet.setInteger((packet.getInteger(at: offset, as: UInt8.self) ?? 0) ^ mask, at: offset)
            marked[index] = packet
        }
        change(own[own.count / 2], 3, 0x80)
        change(own[own.count / 2 + 20], 1, 0x80)
        change(own[own.count / 2 + 40], 0, 0x01)
        change(tables[1], 12, 0x20)
        marked.insert(marked[own[5]], at: own[5] + 1)
        let harvest = TSHarvest(TSMaterial.joined(marked), chunk: 1316)
        #expect(harvest.statistics.scrambledPackets == 1)
        #expect(harvest.omissions.isEmpty)
        #expect(harvest.statistics.damagedPackets == 2)
        #expect(harvest.statistics.brokenSections == 1)
        #expect(harvest.statistics.duplicatePackets == 1)
        #expect(harvest.statistics.lostPackets == 3)
        #expect(harvest.statistics.syncLosses == 0)
        #expect(harvest.video.count > 30)
    }

    @Test func `Stuffing in the midst of a picture is believed only once`() async throws {
        let packets = TSMaterial.packets(try await TSMaterial.bytes(.h264, nil, size: "640x360"))
        let pid = TSMaterial.mainPID(packets)
        // Every packet of the picture that neither begins nor ends it is split in two, each half filled up.
        var counter: UInt8?
        var split: [ByteBuffer] = []
        for packet in packets {
            guard TSMaterial.pid(packet) == pid else {
                split.append(packet)
                continue
            }
            let control = packet.getInteger(at: packet.readerIndex + 3, as: UInt8.self) ?? 0
            if counter == nil { counter = control & 15 }
            guard !TSMaterial.startsUnit(packet), control & 0x30 == 0x10 else {
                split.append(Self.renumbered(packet, &counter))
                continue
            }
            for half in 0..<2 {
                var made = ByteBuffer(bytes: packet.readableBytesView.prefix(3))
                made.writeInteger(0x30 | (control & 15))
                made.writeInteger(91 as UInt8)
                made.writeInteger(0 as UInt8)
                made.writeRepeatingByte(0xFF, count: 90)
                made.writeBytes(packet.readableBytesView.dropFirst(4 + 92 * half).prefix(92))
                split.append(Self.renumbered(made, &counter))
            }
        }
        let whole = TSHarvest(TSMaterial.joined(packets))
        let harvest = TSHarvest(TSMaterial.joined(split), chunk: 1316)
        #expect(harvest.statistics.lostPackets == 0)
        // The first group of pictures pays for finding out.
        #expect(harvest.video.suffix(60) == whole.video.suffix(60))
    }

    private static func renumbered(_ packet: ByteBuffer, _ counter: inout UInt8?) -> ByteBuffer {
        var packet = ByteBuffer(bytes: packet.readableBytesView)
        let control = packet.getInteger(at: 3, as: UInt8.self) ?? 0
        packet.setInteger(control & 0xF0 | (counter ?? 0), at: 3)
        if control & 0x10 != 0 { counter = ((counter ?? 0) + 1) & 15 }
        return packet
    }
}

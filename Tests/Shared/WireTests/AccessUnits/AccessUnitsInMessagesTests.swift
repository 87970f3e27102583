import Media
import NIOCore
import Testing
import Toolkit
import Wire

/// RTMP messages that hold more, less or something else than one access unit, as encoders send them.
struct AccessUnitsInMessagesTests {
    /// What came of messages.
    private struct Outcome {
        var configurations: [CodecConfiguration] = []
        var packets: [SourcePacket] = []
        var refusals: [FLVError] = []
        var decoder = MediaTagDecoder()

        mutating func send(_ tag: FLVTag) {
            do throws(FLVError) {
                self.take(try self.decoder.decode(tag))
            } catch {
                self.refusals.append(error)
            }
        }

        mutating func end() { self.take(self.decoder.flush()) }

        private mutating func take(_ events: [SourceEvent]) {
            for event in events {
                switch event {
                case .configuration(_, let configuration): self.configurations.append(configuration)
                case .packet(let packet): self.packets.append(packet)
                case .omission: Issue.record("left out")
                }
            }
        }
    }

    /// A tag of the old form or, for H.265, of Enhanced RTMP.
    private static func tag(_ codec: Codec, _ type: UInt8, _ packet: SourcePacket?, _ payload: ByteBuffer) -> FLVTag {
        let key: UInt8 = packet?.isKeyframe != false ? 0x10 : 0x20
        let offset = UInt32(truncatingIfNeeded: (packet?.compositionOffset ?? 0) / 1000) & 0xFF_FFFF
        var body = ByteBuffer()
        if codec == .h264 {
            body.writeBytes([key | 7, type])
        } else {
            body.writeInteger(0x80 | key | type)
            body.writeString("hvc1")
        }
        if codec == .h264 || type == 1 {
            body.writeInteger(UInt8(offset >> 16))
            body.writeInteger(UInt16(truncatingIfNeeded: offset))
        }
        body.writeImmutableBuffer(payload)
        return FLVTag(kind: .video, timestamp: UInt32(truncatingIfNeeded: (packet?.timestamp ?? 0) / 1000), body: body)
    }

    private static func sound(at timestamp: UInt32) -> FLVTag {
        FLVTag(kind: .audio, timestamp: timestamp, body: ByteBuffer(hex: "af0121ab"))
    }

    private static func record(_ material: PictureMaterial) -> FLVTag {
        Self.tag(material.codec, 0, nil, material.configuration.record)
    }

    private func expect(
        _ outcome: Outcome,
        _ material: PictureMaterial,
        configurations: Int = 1,
        tolerance: Int64 = 2100,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let wanted = material.pictures.map(\.packet)
        #expect(outcome.packets.map(\.payload) == wanted.map(\.payload), sourceLocation: sourceLocation)
        #expect(outcome.packets.map(\.isKeyframe) == wanted.map(\.isKeyframe), sourceLocation: sourceLocation)
        let distance = outcome.packets.distance(to: wanted) ?? .max
        #expect(distance <= tolerance, sourceLocation: sourceLocation)
        #expect(outcome.packets.rises, sourceLocation: sourceLocation)
        #expect(outcome.configurations.count == configurations, sourceLocation: sourceLocation)
        #expect(
            outcome.configurations.allSatisfy { $0.width == 320 && $0.nalLengthSize == 4 },
            sourceLocation: sourceLocation
        )
    }

    @Test(arguments: PictureMaterial.Kind.allCases)
    func `A message for each NAL unit makes whole pictures`(kind: PictureMaterial.Kind) async throws {
        let material = try await PictureMaterial(kind)
        var outcome = Outcome()
        outcome.send(Self.record(material))
        for picture in material.pictures {
            for unit in picture.units { outcome.send(Self.tag(material.codec, 1, picture.packet, .sample([unit]))) }
        }
        outcome.end()
        self.expect(outcome, material)
        #expect(outcome.refusals.isEmpty)
    }

    @Test func `Slices alone and slices with other times make whole pictures`() async throws {
        let material = try await PictureMaterial(.sliced)
        let wanted = material.pictures.map { picture in
            ByteBuffer.sample(picture.units.filter { ($0.getInteger(at: $0.readerIndex) ?? 0 as UInt8) & 31 != 6 })
        }
        for step in [0, 1000] as [Int64] {
            var outcome = Outcome()
            outcome.send(Self.record(material))
            for picture in material.pictures {
                var packet = picture.packet
                for unit in picture.units where (unit.getInteger(at: unit.readerIndex) ?? 0 as UInt8) & 31 != 6 {
                    outcome.send(Self.tag(.h264, 1, packet, .sample([unit])))
                    packet.timestamp += step
                }
            }
            outcome.end()
            #expect(outcome.packets.map(\.payload) == wanted)
            #expect(outcome.packets.distance(to: material.pictures.map(\.packet)) ?? .max <= 2100)
        }
    }

    @Test func `A sender of whole pictures waits for nothing, one of parts no longer than sound shows`() async throws {
        let material = try await PictureMaterial(.sliced)
        var outcome = Outcome()
        outcome.send(Self.record(material))
        for (number, picture) in material.pictures.prefix(5).enumerated() {
            outcome.send(Self.tag(.h264, 1, picture.packet, picture.packet.payload))
            #expect(outcome.packets.count == number + 1)
        }
        // It begins to cut its pictures: from the second on they are whole again.
        for picture in material.pictures[5..<8] {
            for unit in picture.units { outcome.send(Self.tag(.h264, 1, picture.packet, .sample([unit]))) }
        }
        let time = UInt32(material.pictures[7].packet.timestamp / 1000)
        outcome.send(Self.sound(at: time + 50))
        #expect(outcome.packets.last?.payload == material.pictures[6].packet.payload)
        outcome.send(Self.sound(at: time + 120))
        #expect(outcome.packets.last?.payload == material.pictures[7].packet.payload)
    }

    @Test(arguments: PictureMaterial.Kind.allCases, [[0, 0, 0, 1], [0, 0, 1]] as [[UInt8]])
    func `Byte streams in messages become samples`(kind: PictureMaterial.Kind, code: [UInt8]) async throws {
        let material = try await PictureMaterial(kind)
        // All messages; every second; start codes within one unit behind a length.
        for form in 0..<3 {
            var outcome = Outcome()
            outcome.send(Self.record(material))
            for (number, picture) in material.pictures.enumerated() {
                let units = material.units(picture)
                var payload = ByteBuffer.byteStream(units, code: code)
                if form == 1, number % 2 == 1 { payload = picture.packet.payload }
                if form == 2 {
                    payload.moveReaderIndex(forwardBy: code.count)
                    payload = .sample([payload])
                }
                outcome.send(Self.tag(material.codec, 1, picture.packet, payload))
            }
            outcome.end()
            self.expect(outcome, material)
            #expect(outcome.refusals.isEmpty)
        }
    }

    @Test(arguments: PictureMaterial.Kind.allCases, [2, 3])
    func `Several pictures in a message come out one by one`(kind: PictureMaterial.Kind, count: Int) async throws {
        let material = try await PictureMaterial(kind)
        var outcome = Outcome()
        outcome.send(Self.record(material))
        for start in stride(from: 0, to: material.pictures.count, by: count) {
            let pictures = material.pictures[start..<min(start + count, material.pictures.count)]
            let payload = pictures.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1.packet.payload) }
            outcome.send(Self.tag(material.codec, 1, pictures[start].packet, payload))
        }
        outcome.end()
        self.expect(outcome, material)
    }

    /// Records that are empty, cut, without sets, or say another size of lengths than the messages have.
    @Test(arguments: PictureMaterial.Kind.allCases, ["none", "empty", "garbage", "no sets", "size 1", "size 2"])
    func `Without a record that is right the key frame's sets count`(
        kind: PictureMaterial.Kind,
        fault: String
    ) async throws {
        let material = try await PictureMaterial(kind)
        var record = ByteBuffer(bytes: material.configuration.record.readableBytesView)
        let place = material.codec == .h264 ? 4 : 21
        switch fault {
        case "garbage": record = ByteBuffer(hex: "0164001fffe1ffff67")
        case "no sets":
            record = material.codec == .h264 ? ByteBuffer(hex: "0164001fffe000") : ByteBuffer(repeating: 1, count: 23)
        case "size 1": record.setInteger(0xFC as UInt8, at: place)
        case "size 2": record.setInteger(0xFD as UInt8, at: place)
        default: record = ByteBuffer()
        }
        var outcome = Outcome()
        if fault != "none" { outcome.send(Self.tag(material.codec, 0, nil, record)) }
        for picture in material.pictures {
            outcome.send(Self.tag(material.codec, 1, picture.packet, .sample(material.units(picture))))
        }
        outcome.end()
        #expect(outcome.packets.map(\.isKeyframe) == material.pictures.map(\.packet.isKeyframe))
        #expect(outcome.configurations.count == 1)
        #expect(outcome.configurations.first?.nalLengthSize == 4)
        #expect(outcome.configurations.first?.width == 320)
        for packet in outcome.packets {
            var units = NALUnits(packet.payload, lengthSize: 4)
            while units.next() != nil {}
            #expect(units.isWellFormed)
        }
    }

    @Test(arguments: PictureMaterial.Kind.allCases, [1, 2])
    func `Lengths of other sizes become those of four bytes`(kind: PictureMaterial.Kind, size: Int) async throws {
        let material = try await PictureMaterial(kind)
        var record = ByteBuffer(bytes: material.configuration.record.readableBytesView)
        record.setInteger(UInt8(0xFC + size - 1), at: material.codec == .h264 ? 4 : 21)
        var outcome = Outcome()
        outcome.send(Self.tag(material.codec, 0, nil, record))
        let pictures = material.pictures.filter { picture in
            size == 2 || picture.units.allSatisfy { $0.readableBytes < 256 }
        }
        for picture in pictures {
            let payload = picture.units.reduce(into: ByteBuffer()) { bytes, unit in
                if size == 2 { bytes.writeInteger(UInt16(unit.readableBytes)) }
                if size == 1 { bytes.writeInteger(UInt8(unit.readableBytes)) }
                bytes.writeImmutableBuffer(unit)
            }
            outcome.send(Self.tag(material.codec, 1, picture.packet, payload))
        }
        outcome.end()
        #expect(outcome.packets.map(\.payload) == pictures.map(\.packet.payload))
        #expect(outcome.configurations.allSatisfy { $0.nalLengthSize == 4 && $0.width == 320 })
    }

    @Test func `Other sets in the key frame are another configuration, once`() async throws {
        let material = try await PictureMaterial(.h264)
        let other = try await PictureMaterial(.sliced)
        // The same sets but of another size: 640×360.
        let harvest = TSHarvest(try await TSMaterial.bytes(.h264, nil, size: "640x360"))
        let large = try #require(harvest.configurations[.video]?.first)
        #expect(other.configuration.width == 320)
        var outcome = Outcome()
        outcome.send(Self.record(material))
        for picture in material.pictures {
            outcome.send(Self.tag(.h264, 1, picture.packet, .sample(material.units(picture))))
        }
        #expect(outcome.configurations == [material.configuration])
        let sets = try PictureMaterial.sets(large)
        for packet in harvest.video {
            var later = packet
            later.timestamp += 10_000_000
            var payload = packet.payload
            if packet.isKeyframe {
                payload = .sample(sets)
                payload.writeImmutableBuffer(packet.payload)
                // The announcement of old comes again, and is not believed any more.
                outcome.send(Self.record(material))
            }
            outcome.send(Self.tag(.h264, 1, later, payload))
        }
        #expect(outcome.configurations.map(\.width).prefix(3) == [320, 320, 640])
        #expect(outcome.configurations.dropFirst(2).allSatisfy { $0 == large })
        #expect(outcome.packets.count == 180)
    }

    @Test func `Bytes behind the last unit are passed over`() async throws {
        let material = try await PictureMaterial(.h264)
        var outcome = Outcome()
        outcome.send(Self.record(material))
        for picture in material.pictures {
            var payload = ByteBuffer(bytes: picture.packet.payload.readableBytesView)
            payload.writeBytes([0, 0, 0])
            outcome.send(Self.tag(.h264, 1, picture.packet, payload))
        }
        self.expect(outcome, material)
    }

    @Test func `What only goes on has a limit`() async throws {
        let material = try await PictureMaterial(.sliced)
        var outcome = Outcome()
        outcome.send(Self.record(material))
        let picture = try #require(material.pictures.first)
        for unit in picture.units { outcome.send(Self.tag(.h264, 1, picture.packet, .sample([unit]))) }
        // The last slice again and again, with ever more behind it.
        var slice = try #require(picture.units.last)
        slice.writeRepeatingByte(0x55, count: 1 << 20)
        for _ in 0..<20 { outcome.send(Self.tag(.h264, 1, picture.packet, .sample([slice]))) }
        #expect(outcome.refusals.count == 1)
        #expect(outcome.decoder.flush().count <= 1)
        // Nor do many units of a few bytes become much.
        var many = ByteBuffer()
        for _ in 0..<5000 { many.writeSampleUnit(ByteBuffer(hex: "6588")) }
        outcome.send(Self.tag(.h264, 1, picture.packet, many))
        #expect(outcome.refusals.count == 2)
    }
}

import Media
import NIOCore
import Testing
import Wire

/// RTP packets and marks that do not go with the access units in them, as cameras and gateways send them.
struct AccessUnitsInRTPTests {
    /// How a sender packs.
    private struct Style {
        var endBit = true
        /// Before each unit, whole or in fragments.
        var startCode: [UInt8] = []
        /// All of a picture's units, with start codes between them, as one unit.
        var isPacked = false
        var largest = 400
    }

    private static func payloads(_ units: [ByteBuffer], _ codec: Codec, _ style: Style) -> [ByteBuffer] {
        guard !style.isPacked else {
            var stream = ByteBuffer.byteStream(units)
            stream.moveReaderIndex(forwardBy: 4)
            var plain = style
            plain.isPacked = false
            return self.payloads([stream], codec, plain)
        }
        return units.flatMap { whole -> [ByteBuffer] in
            var unit = ByteBuffer(bytes: style.startCode)
            unit.writeImmutableBuffer(whole)
            guard unit.readableBytes > style.largest else { return [unit] }
            let bytes = Array(unit.readableBytesView)
            let length = codec == .h264 ? 1 : 2
            let type: UInt8 = codec == .h264 ? bytes[0] & 0x1F : bytes[0] >> 1 & 0x3F
            let indicator = codec == .h264 ? [bytes[0] & 0xE0 | 28] : [bytes[0] & 0x81 | 49 << 1, bytes[1]]
            return stride(from: length, to: bytes.count, by: style.largest).map { start in
                let end = min(start + style.largest, bytes.count)
                var flags: UInt8 = start == length ? 0x80 : 0
                if end == bytes.count, style.endBit { flags |= 0x40 }
                return ByteBuffer(bytes: indicator + [flags | type] + bytes[start..<end])
            }
        }
    }

    private static func receiver(_ material: PictureMaterial) throws -> TestReceiver {
        try TestReceiver(encoding: material.codec == .h264 ? "H264/90000" : "H265/90000")
    }

    private func expect(
        _ test: TestReceiver,
        _ material: PictureMaterial,
        missing: Int = 0,
        tolerance: Int64 = 200,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let wanted = Array(material.pictures.map(\.packet).dropLast(missing))
        #expect(test.packets.map(\.payload) == wanted.map(\.payload), sourceLocation: sourceLocation)
        #expect(test.packets.map(\.isKeyframe) == wanted.map(\.isKeyframe), sourceLocation: sourceLocation)
        #expect(test.packets.rises, sourceLocation: sourceLocation)
        #expect(test.packets.distance(to: wanted) ?? .max <= tolerance, sourceLocation: sourceLocation)
        #expect(test.statistics.damaged == 0, sourceLocation: sourceLocation)
        #expect(test.statistics.malformed == 0, sourceLocation: sourceLocation)
        #expect(test.configurations.count == 1, sourceLocation: sourceLocation)
    }

    private static func timestamp(_ packet: SourcePacket) -> UInt32 {
        UInt32(truncatingIfNeeded: (packet.timestamp + packet.compositionOffset) * 9 / 100)
    }

    private static func send(
        _ material: PictureMaterial,
        _ style: Style = Style(),
        timestamp: (Int) -> UInt32,
        marks: (_ isLastOfPicture: Bool, _ picture: Int) -> Bool = { isLast, _ in isLast }
    ) throws -> TestReceiver {
        var test = try Self.receiver(material)
        for (number, picture) in material.pictures.enumerated() {
            let payloads = Self.payloads(material.units(picture), material.codec, style)
            for (place, payload) in payloads.enumerated() {
                let isLast = place == payloads.count - 1
                test.take(test.sender.packet(payload, at: timestamp(number), marker: marks(isLast, number)))
            }
        }
        return test
    }

    @Test(arguments: PictureMaterial.Kind.allCases)
    func `Two pictures with one timestamp are two, at times of their own`(kind: PictureMaterial.Kind) async throws {
        let material = try await PictureMaterial(kind)
        let own = material.pictures.map { Self.timestamp($0.packet) }
        for hasMarks in [true, false] {
            // Every tenth has that of the one before it, or every second.
            for period in [10, 2] {
                let test = try Self.send(material, timestamp: { own[$0 % period == period - 1 ? $0 - 1 : $0] }) {
                    isLast,
                    _ in isLast && hasMarks
                }
                self.expect(test, material, missing: hasMarks ? 0 : 1)
            }
        }
    }

    @Test func `Marks on every packet, and times within a picture, are seen through`() async throws {
        let material = try await PictureMaterial(.sliced)
        let own = material.pictures.map { Self.timestamp($0.packet) }
        let test = try Self.send(material, timestamp: { own[$0] }) { _, _ in true }
        // The first came apart.
        let wanted = material.pictures.dropFirst().dropLast().map(\.packet.payload)
        #expect(test.payloads.suffix(wanted.count) == wanted)
        var drifting = try Self.receiver(material)
        for picture in material.pictures {
            for (place, payload) in Self.payloads(material.units(picture), .h264, Style()).enumerated() {
                let time = Self.timestamp(picture.packet) + UInt32(place)
                drifting.take(drifting.sender.packet(payload, at: time))
            }
        }
        self.expect(drifting, material, missing: 1, tolerance: 3000)
    }

    @Test(arguments: PictureMaterial.Kind.allCases)
    func `A last fragment need not say that it is`(kind: PictureMaterial.Kind) async throws {
        let material = try await PictureMaterial(kind)
        var style = Style()
        style.endBit = false
        style.largest = 100
        let test = try Self.send(material, style, timestamp: { Self.timestamp(material.pictures[$0].packet) })
        self.expect(test, material)
    }

    @Test(arguments: PictureMaterial.Kind.allCases, [[0, 0, 0, 1], [0, 0, 1]] as [[UInt8]])
    func `Start codes before units go`(kind: PictureMaterial.Kind, code: [UInt8]) async throws {
        let material = try await PictureMaterial(kind)
        for largest in [50, 1 << 20] {
            var style = Style()
            style.startCode = code
            style.largest = largest
            let test = try Self.send(material, style, timestamp: { Self.timestamp(material.pictures[$0].packet) })
            self.expect(test, material)
        }
    }

    @Test(arguments: PictureMaterial.Kind.allCases)
    func `A byte stream as one unit is cut`(kind: PictureMaterial.Kind) async throws {
        let material = try await PictureMaterial(kind)
        for largest in [300, 1 << 20] {
            var style = Style()
            style.isPacked = true
            style.largest = largest
            let test = try Self.send(material, style, timestamp: { Self.timestamp(material.pictures[$0].packet) })
            self.expect(test, material)
        }
    }

    @Test(arguments: ["00", "0000", "000000", "00000000", "ff", "0005 06", "0105 6764"])
    func `What stands behind the units of an aggregate costs only itself`(tail: String) async throws {
        let material = try await PictureMaterial(.h264)
        var test = try Self.receiver(material)
        for picture in material.pictures {
            var aggregate = ByteBuffer(bytes: [0x78])
            for unit in material.units(picture) {
                aggregate.writeInteger(UInt16(unit.readableBytes))
                aggregate.writeImmutableBuffer(unit)
            }
            aggregate.writeImmutableBuffer(ByteBuffer(hex: tail))
            let packet = test.sender.packet(aggregate, at: Self.timestamp(picture.packet), marker: true)
            test.take(packet)
        }
        #expect(test.payloads == material.pictures.map(\.packet.payload))
        #expect(test.statistics.damaged == 0)
        // Two zeros are a unit of no bytes.
        let isOdd = tail != "0000" && tail != "00000000"
        #expect(test.statistics.malformed == (isOdd ? UInt64(material.pictures.count) : 0))
    }

    @Test func `Half a slice behind others damages its picture, and is told`() throws {
        var test = try TestReceiver(
            encoding: "H264/90000",
            parameters: "sprop-parameter-sets=Z0LADNoFB+hAAAADAEAAAAyjxQqo,aM4PyA==",
            onLoss: .pass
        )
        test.send("78 0002 6588 00ff 6500", at: 0, marker: true)
        #expect(test.packets.isEmpty)
        #expect(test.statistics.damaged == 1)
        #expect(test.omissions.map(\.reason) == [.malformed])
        #expect(test.omissions.first?.codec == "H.264")
    }

    private static let high = "mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3"

    /// ADTS: LC, 48 kHz, stereo, seven bytes of header.
    private static func adts(_ frame: String) -> String {
        let size = ByteBuffer(hex: frame).readableBytes + 7
        let bytes = [0xFF, 0xF1, 0x4C, 0x80 | size >> 11, size >> 3 & 255, (size & 7) << 5 | 0x1F, 0xFC]
        return ByteBuffer(bytes: bytes.map { UInt8($0) }).hexDump(format: .compact) + frame
    }

    @Test(arguments: ["", ";config=1190"])
    func `Headers of ADTS are taken off AAC`(config: String) throws {
        var test = try TestReceiver(encoding: "MPEG4-GENERIC/48000/2", parameters: Self.high + config)
        // One frame; two in one access unit; one in two packets.
        test.send("0010 0050" + Self.adts("21aabb"), at: 1000, marker: true)
        test.send("0010 00a0" + Self.adts("21aabb") + Self.adts("21ccdd"), at: 2024, marker: true)
        let parted = Self.adts("21eeff")
        test.send("0010 0050" + parted.prefix(10), at: 4072)
        test.send("0010 0050" + parted.dropFirst(10), at: 4072, marker: true)
        #expect(test.payloads == ["21aabb", "21aabb", "21ccdd", "21eeff"].map { ByteBuffer(hex: $0) })
        let times = test.packets.map(\.timestamp)
        #expect(zip(times, times.dropFirst()).allSatisfy { abs($1 - $0 - 21_333) <= 1 })
        #expect(test.configurations.last?.channels == 2)
        #expect(test.statistics.malformed == 0)
        // What is cut short, or has several blocks behind one header, is left out and counted.
        test.send("0010 0048" + Self.adts("21aabb").dropLast(2), at: 5096, marker: true)
        test.send("0010 0050 fff14c80015ffd 21aabb", at: 6120, marker: true)
        #expect(test.packets.count == 4)
        #expect(test.statistics.malformed == 2)
    }

    @Test func `A description without a configuration takes that of ADTS`() throws {
        var test = try TestReceiver(encoding: "MPEG4-GENERIC/48000", parameters: Self.high)
        test.send("0010 0050" + Self.adts("21aabb"), at: 1000, marker: true)
        #expect(test.configurations.map(\.channels) == [1, 2])
        #expect(test.payloads == [ByteBuffer(hex: "21aabb")])
    }
}

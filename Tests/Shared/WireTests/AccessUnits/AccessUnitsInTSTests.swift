import Media
import NIOCore
import Testing
import Wire

/// Packetised units that hold more or less than one access unit, as multiplexers make them.
struct AccessUnitsInTSTests {
    private struct Times {
        let pts: Int64
        let dts: Int64

        init(_ packet: SourcePacket) {
            self.dts = packet.timestamp * 9 / 100 + 900_000
            self.pts = self.dts + packet.compositionOffset * 9 / 100
        }
    }

    private static func writer(_ material: PictureMaterial) -> TSWriter {
        TSWriter(streamType: material.codec == .h264 ? 0x1B : 0x24)
    }

    private func expect(
        _ writer: TSWriter,
        _ material: PictureMaterial,
        tolerance: Int64 = 100,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let harvest = TSHarvest(writer.bytes, chunk: 1316)
        let wanted = material.pictures.map(\.packet)
        #expect(harvest.video.map(\.payload) == wanted.map(\.payload), sourceLocation: sourceLocation)
        #expect(harvest.video.map(\.isKeyframe) == wanted.map(\.isKeyframe), sourceLocation: sourceLocation)
        #expect(harvest.configurations[.video] == [material.configuration], sourceLocation: sourceLocation)
        #expect(harvest.video.rises, sourceLocation: sourceLocation)
        let distance = harvest.video.distance(to: wanted) ?? .max
        #expect(distance <= tolerance, sourceLocation: sourceLocation)
        #expect(harvest.statistics.malformedUnits == 0, sourceLocation: sourceLocation)
    }

    @Test(arguments: PictureMaterial.Kind.allCases, [2, 3])
    func `Several access units in a unit come out one by one, each at its time`(
        kind: PictureMaterial.Kind,
        count: Int
    ) async throws {
        let material = try await PictureMaterial(kind)
        var writer = Self.writer(material)
        for start in stride(from: 0, to: material.pictures.count, by: count) {
            let pictures = material.pictures[start..<min(start + count, material.pictures.count)]
            let bytes = pictures.reduce(into: ByteBuffer()) { bytes, picture in
                bytes.writeImmutableBuffer(material.byteStream(picture, delimiter: start % 2 == 0))
            }
            let times = Times(material.pictures[start].packet)
            writer.unit(bytes, times: (times.pts, times.dts))
        }
        self.expect(writer, material)
    }

    @Test(arguments: PictureMaterial.Kind.allCases, [2, 3])
    func `An access unit over several units comes out whole`(
        kind: PictureMaterial.Kind,
        count: Int
    ) async throws {
        let material = try await PictureMaterial(kind)
        for hasLength in [true, false] {
            var writer = Self.writer(material)
            for (number, picture) in material.pictures.enumerated() {
                let times = Times(picture.packet)
                let bytes = material.byteStream(picture, delimiter: count == 2)
                // Most are cut, small ones are not.
                let size = bytes.readableBytes
                let parts = number % 5 == 3 ? [bytes] : bytes.cut(at: (1..<count).map { size * $0 / count })
                for (part, bytes) in parts.enumerated() {
                    writer.unit(bytes, times: part == 0 ? (times.pts, times.dts) : nil, hasLength: hasLength)
                }
            }
            self.expect(writer, material)
        }
    }

    @Test func `Slices of one picture may come in units of their own, with times or without`() async throws {
        let material = try await PictureMaterial(.sliced)
        for hasTimes in [true, false] {
            var writer = Self.writer(material)
            for picture in material.pictures {
                let times = Times(picture.packet)
                let units = material.units(picture)
                let kinds = units.map { ($0.getInteger(at: $0.readerIndex) ?? 0 as UInt8) & 31 }
                let first = kinds.firstIndex { [1, 5].contains($0) } ?? 0
                writer.unit(.byteStream(Array(units[...first])), times: (times.pts, times.dts))
                for unit in units[(first + 1)...] {
                    writer.unit(.byteStream([unit]), times: hasTimes ? (times.pts, times.dts) : nil)
                }
            }
            self.expect(writer, material)
        }
    }

    @Test(arguments: PictureMaterial.Kind.allCases, [700, 4000])
    func `Units may cut the stream anywhere`(kind: PictureMaterial.Kind, size: Int) async throws {
        let material = try await PictureMaterial(kind)
        var writer = Self.writer(material)
        var bytes = ByteBuffer()
        var starts: [(place: Int, times: Times)] = []
        for picture in material.pictures {
            starts.append((bytes.readableBytes, Times(picture.packet)))
            bytes.writeImmutableBuffer(material.byteStream(picture, delimiter: true))
        }
        for start in stride(from: 0, to: bytes.readableBytes, by: size) {
            let end = min(start + size, bytes.readableBytes)
            let times = starts.first { (start..<end).contains($0.place) }?.times
            guard let part = bytes.getSlice(at: start, length: end - start) else { continue }
            writer.unit(part, times: times.map { ($0.pts, $0.dts) })
        }
        self.expect(writer, material)
    }

    @Test(arguments: PictureMaterial.Kind.allCases)
    func `Units without times go on in the order of their pictures`(kind: PictureMaterial.Kind) async throws {
        let material = try await PictureMaterial(kind)
        var writer = Self.writer(material)
        for (number, picture) in material.pictures.enumerated() {
            let times = Times(picture.packet)
            writer.unit(material.byteStream(picture), times: number % 3 == 0 ? (times.pts, times.dts) : nil)
        }
        self.expect(writer, material)
    }

    @Test func `Times with wrong marker bits count, unless they are far from all others`() async throws {
        let material = try await PictureMaterial(.h264)
        for wrong in [0..<90, 40..<42] {
            var writer = Self.writer(material)
            for (number, picture) in material.pictures.enumerated() {
                let times = Times(picture.packet)
                // One has bits flipped in the time as well.
                let flip: Int64 = wrong.count == 2 && number == 41 ? 1 << 31 : 0
                writer.unit(
                    material.byteStream(picture),
                    times: (times.pts ^ flip, times.dts ^ flip),
                    markers: wrong.contains(number) ? 0 : 1
                )
            }
            self.expect(writer, material)
        }
    }

    @Test func `Whole units go out at once, but for the first`() async throws {
        let material = try await PictureMaterial(.sliced)
        var demuxer = TSDemuxer()
        var given: [Int] = []
        for count in 1...10 {
            var writer = Self.writer(material)
            for picture in material.pictures.prefix(count) {
                let times = Times(picture.packet)
                writer.unit(material.byteStream(picture), times: (times.pts, times.dts))
            }
            demuxer = TSDemuxer()
            given.append(demuxer.receive(writer.bytes).count { if case .packet = $0 { true } else { false } })
        }
        #expect(given == [0, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        // The one that waits comes when nothing else does.
        var writer = Self.writer(material)
        let times = Times(material.pictures[0].packet)
        writer.unit(material.byteStream(material.pictures[0]), times: (times.pts, times.dts))
        demuxer = TSDemuxer()
        _ = demuxer.receive(writer.bytes)
        #expect(demuxer.flush().count == 2)
    }

    @Test func `A multiplexer that begins to cut costs a group of pictures`() async throws {
        let material = try await PictureMaterial(.h264)
        var writer = Self.writer(material)
        for (number, picture) in material.pictures.enumerated() {
            let times = Times(picture.packet)
            let bytes = material.byteStream(picture)
            let parts = number < 5 ? [bytes] : bytes.cut(at: [bytes.readableBytes / 2])
            for (part, bytes) in parts.enumerated() {
                writer.unit(bytes, times: part == 0 ? (times.pts, times.dts) : nil)
            }
        }
        let harvest = TSHarvest(writer.bytes)
        #expect(harvest.statistics.malformedUnits == 1)
        #expect(harvest.video.suffix(60).map(\.payload) == material.pictures.suffix(60).map(\.packet.payload))
        #expect(harvest.video.count == 66)
    }
}

import Media
import NIOCore
import Testing
import Wire

@Suite struct PicturePacketsTests {
    @Test func h264GoesWholeWithItsParameterSetsTogetherInFrontOfAKeyframe() throws {
        let sender = try #require(Sender(.h264, record: Sender.avc))
        let packets = try #require(sender.send(Sender.sample([9, 0x10], [0x65, 0x88, 0x80]), isKeyframe: true))
        #expect(packets.count == 2)
        // RFC 6184 section 5.7.1: STAP-A, then each with its length; the delimiter is not sent.
        #expect(packets[0].payload.prefix(3) == [0x78, 0, 23] && packets[0].payload[3] == 0x67)
        #expect(packets[0].payload.suffix(7) == [0, 5, 0x68, 0xCB, 0x83, 0xCB, 0x20])
        #expect(packets[1].payload == [0x65, 0x88, 0x80])
        #expect(packets.map(\.marker) == [false, true])
        #expect(packets.map(\.sequence) == [65_534, 65_535])
        #expect(packets.allSatisfy { $0.timestamp == 90_000 && $0.payloadType == 96 && $0.channel == 0 })
        let next = try #require(sender.send(Sender.sample([0x41, 0x9A]), at: 1_040_000))
        #expect(next.map(\.payload) == [[0x41, 0x9A]])
        #expect(next[0].sequence == 0 && next[0].timestamp == 93_600 && next[0].source == packets[0].source)
    }

    @Test func anAccessUnitWithParameterSetsOfItsOwnIsGivenNoOthers() throws {
        let sender = try #require(Sender(.h264, record: Sender.avc))
        let packets = try #require(sender.send(Sender.sample([0x67, 1], [0x68, 2], [0x65, 3]), isKeyframe: true))
        #expect(packets.map(\.payload) == [[0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 2], [0x65, 3]])
    }

    @Test(arguments: [1198, 1199, 1200, 1201, 1202, 2396, 2397, 2398, 5000])
    func longH264IsCutAndPutTogetherAgain(size: Int) throws {
        let sender = try #require(Sender(.h264, record: Sender.avc))
        let unit = [0x65] + (1..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let packets = try #require(sender.send(Sender.sample([0x06, 5], unit)))
        #expect(packets[0].payload == [0x06, 5])
        #expect(packets.allSatisfy { $0.payload.count <= 1200 })
        #expect(packets.filter(\.marker).count == 1 && packets.last?.marker == true)
        let parts = packets.dropFirst()
        guard size > 1200 else {
            #expect(parts.map(\.payload) == [unit])
            return
        }
        // RFC 6184 section 5.8: indicator, header with S and E, the rest.
        #expect(parts.allSatisfy { $0.payload[0] == 0x7C && $0.payload[1] & 0x1F == 5 })
        #expect(parts.map { $0.payload[1] & 0x80 != 0 } == [true] + Array(repeating: false, count: parts.count - 1))
        #expect(parts.map { $0.payload[1] & 0x40 != 0 } == Array(repeating: false, count: parts.count - 1) + [true])
        #expect([0x65] + parts.flatMap { $0.payload.dropFirst(2) } == unit)
        #expect(Set(parts.dropLast().map(\.payload.count)) == [1200])
    }

    @Test func h264WhoseLengthsDoNotAddUpIsLeftOut() throws {
        let sender = try #require(Sender(.h264, record: Sender.avc))
        #expect(try #require(sender.send([0, 0, 0, 9, 0x65])).isEmpty)
        #expect(try #require(sender.send([])).isEmpty)
    }

    @Test func h265IsAggregatedAndCutWithHeadersOfTwoBytes() throws {
        let sender = try #require(Sender(.hevc, record: Sender.hevc))
        let unit = [0x26, 0x01] + (0..<2500).map { UInt8(truncatingIfNeeded: $0 &* 3) }
        let packets = try #require(sender.send(Sender.sample(unit), isKeyframe: true))
        // RFC 7798 section 4.4.2: type 48, each unit with its length; video, sequence and picture parameter sets in order.
        #expect(packets[0].payload.prefix(2) == [48 << 1, 1])
        var sets: [UInt8] = []
        var rest = packets[0].payload.dropFirst(2)
        while rest.count > 2 {
            let count = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
            sets.append(rest[rest.startIndex + 2] >> 1 & 0x3F)
            rest = rest.dropFirst(2 + count)
        }
        #expect(sets == [32, 33, 34])
        let parts = packets.dropFirst()
        #expect(parts.count == 3)
        #expect(parts.allSatisfy { $0.payload.prefix(2) == [49 << 1, 1] })
        #expect(parts.map { $0.payload[2] } == [0x80 | 19, 19, 0x40 | 19])
        #expect([0x26, 0x01] + parts.flatMap { $0.payload.dropFirst(3) } == unit)
        #expect(packets.map(\.marker) == [false, false, false, true])
    }

    @Test func vp8SaysWhereAPictureStarts() throws {
        let sender = try #require(Sender(.vp8, limit: 10))
        let frame = (0..<20).map(UInt8.init)
        let packets = try #require(sender.send(frame, isKeyframe: true))
        #expect(packets.map { $0.payload[0] } == [0x10, 0, 0])
        #expect(packets.flatMap { $0.payload.dropFirst() } == frame)
        #expect(packets.map(\.marker) == [false, false, true])
    }

    @Test func vp9SaysWhereAPictureStartsAndEndsAndCountsPictures() throws {
        let sender = try #require(Sender(.vp9, limit: 10))
        let key = try #require(sender.send((0..<20).map(UInt8.init), isKeyframe: true))
        #expect(key.map { $0.payload[0] } == [0x88, 0x80, 0x84])
        #expect(key.allSatisfy { $0.payload[1...2] == [0x80, 0] })
        let inter = try #require(sender.send([1, 2]))
        #expect(inter.map(\.payload) == [[0xCC, 0x80, 1, 1, 2]])
    }

    @Test func av1ElementsLoseTheirSizesAndDelimitersAndGoOnInTheNextPacket() throws {
        let sender = try #require(Sender(.av1, limit: 16))
        let frame = (0..<30).map(UInt8.init)
        // A temporal delimiter, a sequence header of three bytes, a frame of thirty.
        let packets = try #require(
            sender.send([0x12, 0, 0x0A, 3, 7, 8, 9, 0x32, 30] + frame, isKeyframe: true)
        )
        // Section 4.4: N in the first, Z and Y where an element goes on; W is zero.
        #expect(packets.map { $0.payload[0] } == [0x48, 0xC0, 0x80])
        #expect(packets[0].payload[1...5] == [4, 0x08, 7, 8, 9])
        var element: [UInt8] = Array(packets[0].payload.dropFirst(7))
        #expect(Int(packets[0].payload[6]) == element.count)
        for packet in packets.dropFirst() {
            #expect(Int(packet.payload[1]) == packet.payload.count - 2)
            element += packet.payload.dropFirst(2)
        }
        #expect(element == [0x30] + frame)
        #expect(packets.map(\.marker) == [false, false, true])
        #expect(packets.allSatisfy { $0.payload.count <= 16 })
    }
}

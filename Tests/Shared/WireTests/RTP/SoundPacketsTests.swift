import Media
import NIOCore
import Testing
import Wire

@Suite struct SoundPacketsTests {
    @Test func aacHasAHeaderWithItsSize() throws {
        let sender = try #require(Sender(.aac, record: [0x12, 0x10], rate: 44_100, channels: 2))
        let packets = try #require(sender.send([1, 2, 3], at: 2_000_000))
        #expect(packets.map(\.payload) == [[0, 16, 0, 3 << 3, 1, 2, 3]])
        #expect(packets[0].marker && packets[0].timestamp == 88_200)
    }

    @Test func longAACSaysItsWholeSizeInEveryFragment() throws {
        let sender = try #require(Sender(.aac, record: [0x12, 0x10], rate: 44_100, channels: 2))
        let unit = (0..<1500).map { UInt8(truncatingIfNeeded: $0) }
        let packets = try #require(sender.send(unit))
        #expect(packets.map(\.payload.count) == [1200, 308])
        #expect(packets.allSatisfy { $0.payload.prefix(4) == [0, 16, UInt8(1500 >> 5), UInt8(1500 << 3 & 0xFF)] })
        #expect(packets.flatMap { $0.payload.dropFirst(4) } == unit)
        #expect(packets.map(\.marker) == [false, true])
        #expect(try #require(sender.send(Array(repeating: 0, count: 8192))).isEmpty)
    }

    @Test func opusAndMPEGAndDolby() throws {
        let opus = try #require(Sender(.opus, rate: 48_000, channels: 1))
        #expect(try #require(opus.send([5, 6], at: 20_000)).map(\.payload) == [[5, 6]])
        #expect(opus.packetizer.track.channels == 2)
        let mpeg = try #require(Sender(.mp3, rate: 44_100, channels: 2, limit: 8))
        let fragments = try #require(mpeg.send([1, 2, 3, 4, 5, 6]))
        #expect(fragments.map(\.payload) == [[0, 0, 0, 0, 1, 2, 3, 4], [0, 0, 0, 4, 5, 6]])
        #expect(fragments.allSatisfy { $0.payloadType == 14 && $0.timestamp == 90_000 })
        let dolby = try #require(Sender(.ac3, rate: 48_000, channels: 6, limit: 8))
        #expect(
            try #require(dolby.send([1, 2, 3, 4, 5, 6, 7])).map(\.payload) == [[1, 2, 1, 2, 3, 4, 5, 6], [3, 2, 7]]
        )
        #expect(try #require(dolby.send(Array(repeating: 9, count: 9))).map { $0.payload[0] } == [1, 3])
        #expect(try #require(dolby.send(Array(repeating: 9, count: 13))).map { $0.payload[0] } == [2, 3, 3])
    }

    @Test func samplesAreCutBetweenTwoOfThemAndEachPacketSaysItsTime() throws {
        let telephone = try #require(Sender(.pcma, rate: 8000, channels: 1, limit: 100))
        let packets = try #require(telephone.send(Array(repeating: 0x55, count: 160), at: 1_000_000))
        #expect(packets.map(\.payload.count) == [100, 60] && packets.map(\.timestamp) == [8000, 8100])
        #expect(packets.allSatisfy { $0.payloadType == 8 })
        let studio = try #require(Sender(.l16, rate: 48_000, channels: 2, limit: 103))
        let samples = try #require(studio.send(Array(repeating: 1, count: 200), at: 0))
        #expect(samples.map(\.payload.count) == [100, 100] && samples.map(\.timestamp) == [0, 25])
        #expect(samples.allSatisfy { $0.payloadType == 96 })
    }

    /// RFC 3550 sections 4, 6.4.1 and 6.5.
    @Test func aSenderReportSaysWhatTimeItIs() throws {
        let sender = try #require(Sender(.opus, rate: 48_000, channels: 2))
        var frames = ByteBuffer()
        let time = MediaTime(microseconds: 1_000_000)
        _ = sender.send([1, 2, 3])
        sender.packetizer.writeReport(at: time, wallClock: 1_500_000, name: "live/main", into: &frames)
        let source = sender.packetizer.track.synchronizationSource
        let head = frames.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self)
        #expect(try #require(head) == (0x24, 1, 48) && frames.readableBytes == 48)
        let kind = frames.readMultipleIntegers(as: (UInt16, UInt16, UInt32).self)
        #expect(try #require(kind) == (0x80C8, 6, source))
        let numbers = frames.readMultipleIntegers(as: (UInt32, UInt32, UInt32, UInt32, UInt32).self)
        #expect(try #require(numbers) == (2_208_988_801, 1 << 31, 48_000, 1, 3))
        let names = frames.readMultipleIntegers(as: (UInt16, UInt16, UInt32).self)
        #expect(try #require(names) == (0x81CA, 4, source))
        #expect(Array(frames.readableBytesView) == [1, 9] + Array("live/main".utf8) + [0])
    }
}

import Media
import NIOCore
import Testing
import Wire

/// RFC 6184 with packets made by hand.
struct H264ReceivingTests {
    /// A camera's, 320×240, baseline.
    private static let sps = "6742c00cda0507e84000000300400000" + "0ca3c50aa8"
    private static let pps = "68ce0fc8"
    private static let described = "packetization-mode=1;sprop-parameter-sets=Z0LADNoFB+hAAAADAEAAAAyjxQqo,aM4PyA=="

    private static func sample(_ units: String...) -> ByteBuffer {
        var sample = ByteBuffer()
        for unit in units {
            let bytes = ByteBuffer(hex: unit)
            sample.writeInteger(UInt32(bytes.readableBytes))
            sample.writeImmutableBuffer(bytes)
        }
        return sample
    }

    @Test func `Whole units make an access unit that the marker ends`() throws {
        var test = try TestReceiver(encoding: "H264/90000")
        test.send(Self.sps, at: 0)
        test.send(Self.pps, at: 0)
        test.send("06050100", at: 0)
        #expect(test.events.isEmpty)
        test.send("6588 0102", at: 0, marker: true)
        let configuration = try #require(test.configurations.first)
        #expect(configuration.codec == .h264)
        #expect((configuration.width, configuration.height) == (320, 240))
        #expect(configuration.codecString == "avc1.42c00c")
        #expect(test.payloads == [Self.sample("06050100", "65880102")])
        #expect(test.packets[0].isKeyframe)
        test.send("41 9a01", at: 3600, marker: true)
        #expect(test.packets.count == 2)
        #expect(!test.packets[1].isKeyframe)
        #expect(test.packets[1].timestamp - test.packets[0].timestamp == 40_000)
        #expect(test.configurations.count == 1)
    }

    @Test func `A description's parameter sets come before the first picture`() throws {
        var test = try TestReceiver(encoding: "H264/90000", parameters: Self.described)
        test.send("6588 01", at: 0, marker: true)
        #expect(test.configurations.count == 1)
        #expect(test.payloads == [Self.sample("658801")])
        // The same in band is no change; delimiters and filler go.
        test.send(Self.sps, at: 3000)
        test.send(Self.pps, at: 3000)
        test.send("0910", at: 3000)
        test.send("0cff80", at: 3000)
        test.send("6588 02", at: 3000, marker: true)
        #expect(test.configurations.count == 1)
        #expect(test.payloads.last == Self.sample("658802"))
    }

    /// x264 with `open-gop` or `intra-refresh` sends one IDR picture, and ffmpeg its parameter sets in the description
    /// alone.
    @Test func `A decoder can start at a recovery point`() throws {
        var test = try TestReceiver(encoding: "H264/90000", parameters: Self.described)
        test.send("6588 01", at: 0, marker: true)
        test.send("0605010080", at: 3600)
        test.send("419a02", at: 3600, marker: true)
        test.send("060601c480", at: 7200)
        test.send("419a03", at: 7200, marker: true)
        // A picture of intra slices says nothing of those before it.
        test.send("4188 80", at: 10_800, marker: true)
        #expect(test.packets.map(\.isKeyframe) == [true, false, true, false])
    }

    @Test func `A decoder can start at a recovery point of H.265`() throws {
        var test = try TestReceiver(
            encoding: "H265/90000",
            parameters: "sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwA8ugJA;"
                + "sprop-sps=QgEBAWAAAAMAkAAAAwAAAwA8oAoIDxZbpKTC8BaAgAAAAwCAAAAMhA==;sprop-pps=RAHAc8GJ"
        )
        test.send("2601 af01", at: 0, marker: true)
        test.send("0201 d001", at: 3600, marker: true)
        test.send("4e01 0601d080", at: 7200)
        test.send("0201 d002", at: 7200, marker: true)
        #expect(test.packets.map(\.isKeyframe) == [true, false, true])
    }

    @Test func `A new parameter set is a new configuration, before its picture`() throws {
        var test = try TestReceiver(encoding: "H264/90000", parameters: Self.described)
        test.send("6588 01", at: 0, marker: true)
        test.send(Self.sps, at: 3000)
        test.send("68ce0fc9", at: 3000)
        test.send("6588 02", at: 3000, marker: true)
        #expect(test.configurations.count == 2)
        guard case .source(.configuration) = test.events[2], case .source(.packet) = test.events[3] else {
            Issue.record("the configuration is not before the picture: \(test.events)")
            return
        }
    }

    @Test(arguments: [("78", ""), ("79", "0007")])
    func `Several units come in one packet`(kind: String, order: String) throws {
        var test = try TestReceiver(encoding: "H264/90000")
        test.send("\(kind)\(order) 0015\(Self.sps) 0004\(Self.pps) 0004 65880102", at: 0, marker: true)
        #expect(test.configurations.count == 1)
        #expect(test.payloads == [Self.sample("65880102")])
    }

    @Test func `A unit comes in several packets`() throws {
        var test = try TestReceiver(encoding: "H264/90000", parameters: Self.described)
        test.send("7c85 8801", at: 0)
        test.send("7c05 0203", at: 0)
        test.send("7c45 04", at: 0, marker: true)
        #expect(test.payloads == [Self.sample("658801020304")])
        #expect(test.packets[0].isKeyframe)
    }

    @Test func `A parameter set may come in several packets`() throws {
        var test = try TestReceiver(encoding: "H264/90000")
        test.send("7c87" + Self.sps.dropFirst(2).prefix(8), at: 0)
        test.send("7c47" + Self.sps.dropFirst(10), at: 0)
        test.send(Self.pps, at: 0)
        test.send("6588", at: 0, marker: true)
        #expect(test.configurations.count == 1)
        #expect(test.payloads == [Self.sample("6588")])
    }

    @Test func `Without a marker the next timestamp ends the access unit`() throws {
        var test = try TestReceiver(encoding: "H264/90000", parameters: Self.described)
        test.send("6588", at: 0)
        test.send("6508", at: 0)
        #expect(test.packets.isEmpty)
        test.send("41 9a", at: 3600)
        #expect(test.payloads == [Self.sample("6588", "6508")])
    }

    @Test func `Markers on every slice are seen through`() throws {
        var test = try TestReceiver(encoding: "H264/90000", parameters: Self.described)
        test.send("6588", at: 0, marker: true)
        test.send("6508", at: 0, marker: true)
        for picture in 1...3 {
            test.send("419a", at: UInt32(picture) * 3600, marker: true)
            test.send("411a", at: UInt32(picture) * 3600, marker: true)
        }
        // The first picture came apart; from then on timestamps count.
        #expect(test.payloads.dropFirst(2).allSatisfy { $0 == Self.sample("419a", "411a") })
        #expect(test.packets.count == 4)
    }

    @Test func `A marker on parameter sets alone makes no access unit`() throws {
        var test = try TestReceiver(encoding: "H264/90000")
        test.send(Self.sps, at: 0, marker: true)
        test.send(Self.pps, at: 0, marker: true)
        test.send("6588", at: 0, marker: true)
        test.send("419a", at: 3600, marker: true)
        test.send("419b", at: 7200, marker: true)
        #expect(test.configurations.count == 1)
        #expect(test.payloads.first == Self.sample("6588"))
        #expect(test.statistics.damaged == 0)
        #expect(test.statistics.unconfigured == 0)
    }

    @Test func `Pictures are held back from a loss to the next key frame`() throws {
        var test = try TestReceiver(encoding: "H264/90000", parameters: Self.described)
        test.send("6588 00", at: 0, marker: true)
        test.send("41 9a", at: 3600)
        test.lose()
        test.send("41 1a", at: 3600, marker: true)
        test.wait()
        #expect(test.statistics.damaged == 1)
        #expect(test.statistics.lost == 1)
        #expect(test.statistics.isHolding)
        test.send("41 9a", at: 7200, marker: true)
        #expect(test.statistics.held == 1)
        test.send("6588 01", at: 10_800, marker: true)
        test.send("41 9a", at: 14_400, marker: true)
        #expect(!test.statistics.isHolding)
        #expect(test.payloads == [Self.sample("658800"), Self.sample("658801"), Self.sample("419a")])
        #expect(test.packets.last.map(\.timestamp) == 160_000 + (test.packets.first?.timestamp ?? 0))
    }

    @Test func `Where losses are passed, only what is damaged goes`() throws {
        var test = try TestReceiver(encoding: "H264/90000", parameters: Self.described, onLoss: .pass)
        test.send("6588 00", at: 0, marker: true)
        test.send("41 9a", at: 3600)
        test.lose()
        test.send("41 1a", at: 3600, marker: true)
        test.wait()
        test.send("41 9b", at: 7200, marker: true)
        #expect(test.payloads == [Self.sample("658800"), Self.sample("419b")])
        #expect(test.statistics.damaged == 1)
        #expect(test.statistics.held == 0)
    }

    @Test func `A picture whose beginning may be lost is not given out`() throws {
        var test = try TestReceiver(encoding: "H264/90000", parameters: Self.described, onLoss: .pass)
        test.send("6588 00", at: 0, marker: true)
        test.lose()
        // Not the first slice: its first bit, the code of first_mb_in_slice, is 0.
        test.send("41 1a", at: 3600, marker: true)
        test.wait()
        #expect(test.packets.count == 1)
        #expect(test.statistics.damaged == 1)
        test.lose()
        test.send("41 9a", at: 7200, marker: true)
        test.wait()
        #expect(test.packets.count == 2)
        #expect(test.statistics.damaged == 1)
    }

    @Test(arguments: [
        "7805", "780005 41", "78ffff41", "7c", "7c05 00", "7a00", "7b00", "78 0001",
    ])
    func `What is no payload damages its access unit`(hex: String) throws {
        var test = try TestReceiver(encoding: "H264/90000", parameters: Self.described, onLoss: .pass)
        test.send("6588", at: 0)
        test.send(hex, at: 0, marker: true)
        #expect(test.packets.isEmpty)
        #expect(test.statistics.malformed == 1)
        #expect(test.statistics.damaged == 1)
        test.send("6588", at: 3600, marker: true)
        #expect(test.packets.count == 1)
    }

    @Test func `A unit that is begun and never ended ends where another begins`() throws {
        var test = try TestReceiver(encoding: "H264/90000", parameters: Self.described, onLoss: .pass)
        // Begun twice; begun and never ended; another unit behind it.
        for (index, packets) in [["7c8588", "7c8588"], ["7c8588", "7c0588"], ["7c8588", "6588"]].enumerated() {
            for hex in packets { test.send(hex, at: UInt32(index) * 3600) }
        }
        test.send("6588", at: 20_000, marker: true)
        #expect(test.payloads == ["6588", "6588", "658888", "6588", "6588", "6588"].map { Self.sample($0) })
        #expect(test.statistics.damaged == 0)
        // What goes on with nothing that was begun is none.
        test.send("7c0588", at: 23_600, marker: true)
        #expect(test.statistics.damaged == 1)
    }

    @Test func `Nothing is given out before it is known how it is coded`() throws {
        var test = try TestReceiver(encoding: "H264/90000", parameters: "sprop-parameter-sets=!!,Z0I=", onLoss: .pass)
        test.send("6588", at: 0, marker: true)
        #expect(test.events.isEmpty)
        #expect(test.statistics.unconfigured == 1)
    }

    /// B pictures: shown in another order than they come.
    @Test func `Decoding times rise and stay below the times of showing`() throws {
        // x264, 320×180, high profile, two pictures of reordering.
        var test = try TestReceiver(encoding: "H264/90000", onLoss: .pass)
        test.send("6764000cacd941419f9f011000000300100000030320f1429960", at: 9000)
        test.send("68ef8fcb", at: 9000)
        test.send("6588", at: 9000, marker: true)
        let order: [UInt32] = [4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11]
        for place in order { test.send("419a", at: 9000 + place * 3600, marker: true) }
        #expect(test.packets.count == 13)
        #expect(test.configurations.first?.reorderDepth == 2)
        let times = test.packets.map(\.timestamp)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
        #expect(test.packets.allSatisfy { $0.compositionOffset >= 0 })
        let shown = test.packets.map { $0.timestamp + $0.compositionOffset }
        #expect(shown.map { $0 - shown[0] } == [0] + order.map { Int64($0) * 40_000 })
    }
}

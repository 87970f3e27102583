import Media
import NIOCore
import Testing
import Wire

/// RFC 7798 with packets made by hand.
struct H265ReceivingTests {
    /// x265, 320×180.
    private static let vps = "40010c01ffff01600000030090000003000003003c959409"
    private static let sps =
        "42010101600000030090000003000003003ca00a080c1f3e595952930bc05a020000030002000003003210"
    private static let pps = "4401c073c189"

    private static func sample(_ units: String...) -> ByteBuffer {
        var sample = ByteBuffer()
        for unit in units { sample.writeSampleUnit(ByteBuffer(hex: unit)) }
        return sample
    }

    @Test func `Units come whole, together and in parts`() throws {
        var test = try TestReceiver(encoding: "H265/90000")
        test.send("6001 0018\(Self.vps) 002b\(Self.sps) 0006\(Self.pps)", at: 0)
        test.send("4e01 0580", at: 0)
        // IDR_W_RADL (19) in three parts.
        test.send("6201 93 af01", at: 0)
        test.send("6201 13 02", at: 0)
        test.send("6201 53 03", at: 0, marker: true)
        let configuration = try #require(test.configurations.first)
        #expect(configuration.codec == .hevc)
        #expect((configuration.width, configuration.height) == (320, 180))
        #expect(test.payloads == [Self.sample("4e010580", "2601af010203")])
        #expect(test.packets[0].isKeyframe)
        test.send("0201 d0", at: 3600, marker: true)
        #expect(test.packets.last?.isKeyframe == false)
    }

    @Test func `Decoding order numbers are passed over where the description says they are there`() throws {
        var test = try TestReceiver(encoding: "H265/90000", parameters: "sprop-max-don-diff=1")
        test.send("6001 0001 0018\(Self.vps) 00 002b\(Self.sps) 00 0006\(Self.pps)", at: 0)
        test.send("6201 93 0002 af01", at: 0)
        test.send("6201 53 03", at: 0, marker: true)
        test.send("0201 0003 d0", at: 3600, marker: true)
        #expect(test.payloads == [Self.sample("2601af0103"), Self.sample("0201d0")])
    }

    @Test func `A description has three kinds of parameter sets`() throws {
        let sets = [("sprop-vps", Self.vps), ("sprop-sps", Self.sps), ("sprop-pps", Self.pps)]
            .map { "\($0)=\(Self.base64($1))" }.joined(separator: "; ")
        var test = try TestReceiver(encoding: "H265/90000", parameters: sets)
        test.send("2601 af01", at: 0, marker: true)
        #expect(test.configurations.count == 1)
        #expect(test.packets.count == 1)
    }

    private static func base64(_ hex: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let bits = ByteBuffer(hex: hex).readableBytesView.map { byte in
            String(repeating: "0", count: byte.leadingZeroBitCount) + (byte == 0 ? "" : String(byte, radix: 2))
        }.joined()
        var text = ""
        var rest = bits[...]
        while !rest.isEmpty {
            let group = String(rest.prefix(6))
            rest = rest.dropFirst(6)
            text.append(alphabet[Int(group.padding(to: 6), radix: 2) ?? 0])
        }
        return text
    }

    /// Two first slices are two pictures, whatever their timestamp.
    @Test(arguments: [("0201 50", 1), ("0201 d0", 3), ("2401 50", 1), ("4601 50", 2)])
    func `After a loss only what is surely a beginning is taken`(hex: String, packets: Int) throws {
        var test = try TestReceiver(encoding: "H265/90000", onLoss: .pass)
        test.send("6001 0018\(Self.vps) 002b\(Self.sps) 0006\(Self.pps) 0004 2601af01", at: 0, marker: true)
        test.lose()
        test.send(hex, at: 3600)
        test.send("0201 d0", at: 3600, marker: true)
        test.wait()
        #expect(test.packets.count == packets)
    }

    @Test(arguments: ["62", "6201", "6001 00", "6001 0005 26", "6201 13 02"])
    func `What is no payload damages its access unit`(hex: String) throws {
        var test = try TestReceiver(encoding: "H265/90000", onLoss: .pass)
        test.send("6001 0018\(Self.vps) 002b\(Self.sps) 0006\(Self.pps) 0004 2601af01", at: 0)
        test.send(hex, at: 0, marker: true)
        #expect(test.packets.isEmpty)
        #expect(test.statistics.damaged == 1)
    }
}

extension String {
    fileprivate func padding(to length: Int) -> String {
        self + String(repeating: "0", count: Swift.max(0, length - self.count))
    }
}

/// RFC 7741, RFC 9628 and the AV1 RTP specification with packets made by hand.
struct FrameReceivingTests {
    // MARK: - VP8

    /// A key frame of 176×144.
    private static let key8 = "1002009d012ab0009000"

    @Test func `VP8 frames come in one packet or several`() throws {
        var test = try TestReceiver(encoding: "VP8/90000")
        test.send("10 \(Self.key8)", at: 0, marker: true)
        #expect(test.payloads == [ByteBuffer(hex: Self.key8)])
        #expect(test.configurations.map(\.width) == [176])
        // Extended: a picture number of 15 bits, a layer's, a key index.
        test.send("90 f0 8001 05 40 11aa", at: 3000)
        test.send("80 f0 8001 05 40 bb", at: 3000, marker: true)
        #expect(test.payloads.last == ByteBuffer(hex: "11aabb"))
        #expect(test.packets.last?.isKeyframe == false)
        // A second partition begins no frame.
        test.send("11 1100", at: 6000, marker: true)
        #expect(test.packets.count == 2)
        #expect(test.statistics.damaged == 1)
    }

    @Test(arguments: ["10", "90", "90 80", "90 80 80", "90 40", "90 10"])
    func `VP8 descriptors that end too early are counted`(hex: String) throws {
        var test = try TestReceiver(encoding: "VP8/90000")
        test.send(hex, at: 0, marker: true)
        #expect(test.statistics.malformed == 1)
        test.send("10 \(Self.key8)", at: 3000, marker: true)
        #expect(test.packets.count == 1)
    }

    @Test func `VP8 that lacks its beginning is held to the next key frame`() throws {
        var test = try TestReceiver(encoding: "VP8/90000")
        test.send("10 \(Self.key8)", at: 0, marker: true)
        test.lose()
        test.send("00 22", at: 3000, marker: true)
        test.send("10 11", at: 6000, marker: true)
        test.wait()
        #expect(test.packets.count == 1)
        #expect(test.statistics.damaged == 1)
        #expect(test.statistics.held == 1)
        test.send("10 \(Self.key8)", at: 9000, marker: true)
        #expect(test.packets.count == 2)
    }

    // MARK: - VP9

    /// Profile 0, 352×288: marker 10, profile 00, show 0, key 0, shown 1, resilient 0; sync code; colour; size.
    private static let key9 = "824983420015f011f0"

    @Test func `VP9 frames come in one packet or several`() throws {
        var test = try TestReceiver(encoding: "VP9/90000")
        // Picture number, scalability structure with one layer's size.
        test.send("8a 8001 10 0160 0120 \(Self.key9)", at: 0)
        test.send("84 8001 aa", at: 0, marker: true)
        #expect(test.payloads == [ByteBuffer(hex: Self.key9 + "aa")])
        #expect((test.configurations.first?.width, test.configurations.first?.height) == (352, 288))
        // Flexible, with two references.
        test.send("dc 05 03 02 8600", at: 3000, marker: true)
        #expect(test.payloads.last == ByteBuffer(hex: "8600"))
        #expect(test.packets.last?.isKeyframe == false)
    }

    @Test func `VP9 layers of one picture are put together`() throws {
        var test = try TestReceiver(encoding: "VP9/90000")
        test.send("ac 05 00 00 \(Self.key9)", at: 0)
        test.send("ac 05 02 00 8600", at: 0)
        test.send("ac 05 04 00 8601", at: 0, marker: true)
        let index = "da 09000000 02000000 02000000 da"
        #expect(test.payloads == [ByteBuffer(hex: Self.key9 + "8600" + "8601" + index)])
        #expect(test.packets.first?.isKeyframe == true)
    }

    @Test func `VP9 that lacks a layer's end is not given out`() throws {
        var test = try TestReceiver(encoding: "VP9/90000", onLoss: .pass)
        test.send("08 \(Self.key9)", at: 0, marker: true)
        #expect(test.packets.isEmpty)
        #expect(test.statistics.damaged == 1)
    }

    @Test(arguments: ["0c", "8c", "8c 80", "2c 00", "4c", "5c 01 01 01 00 00", "0e", "0e 10 00", "0e 08 01 04"])
    func `VP9 descriptors that end too early are counted`(hex: String) throws {
        var test = try TestReceiver(encoding: "VP9/90000")
        test.send(hex, at: 0, marker: true)
        #expect(test.statistics.malformed == 1)
    }

    // MARK: - AV1

    /// SVT-AV1's sequence header, 1920×1080, without its size, and a shown key frame's beginning.
    private static let sequence = "0802000042955dfe1b805f0808"
    private static let keyframe = "3010aabb"

    @Test func `AV1 units get their sizes back`() throws {
        var test = try TestReceiver(encoding: "AV1/90000")
        // N set, two elements: a length, then the rest.
        test.send("28 0d \(Self.sequence) \(Self.keyframe)", at: 0, marker: true)
        #expect(test.payloads == [ByteBuffer(hex: "0a0c" + Self.sequence.dropFirst(2) + "3203" + "10aabb")])
        #expect(test.packets.first?.isKeyframe == true)
        #expect(test.configurations.map(\.width) == [1920])
        test.send("10 3030cc", at: 3000, marker: true)
        #expect(test.payloads.last == ByteBuffer(hex: "320230cc"))
        #expect(test.packets.last?.isKeyframe == false)
    }

    @Test func `AV1 units go on over packets`() throws {
        var test = try TestReceiver(encoding: "AV1/90000")
        test.send("68 0d \(Self.sequence) 3010", at: 0)
        test.send("d0 aa", at: 0)
        test.send("90 bb", at: 0, marker: true)
        #expect(test.payloads == [ByteBuffer(hex: "0a0c" + Self.sequence.dropFirst(2) + "3203" + "10aabb")])
    }

    @Test func `AV1 with lengths before all its elements, delimiters and sizes is read`() throws {
        var test = try TestReceiver(encoding: "AV1/90000")
        test.send("08 01 10 0d \(Self.sequence) 05 3203 10aabb", at: 0, marker: true)
        #expect(test.payloads == [ByteBuffer(hex: "0a0c" + Self.sequence.dropFirst(2) + "3203" + "10aabb")])
    }

    @Test(arguments: ["", "10", "20 05 30", "00 80", "00 8080808080 00", "30 01 30"])
    func `AV1 aggregations that make no sense are counted`(hex: String) throws {
        var test = try TestReceiver(encoding: "AV1/90000")
        test.send(hex, at: 0, marker: true)
        #expect(test.statistics.malformed == (hex.isEmpty ? 0 : 1))
    }

    @Test func `AV1 that lacks a part is held to the next key frame`() throws {
        var test = try TestReceiver(encoding: "AV1/90000")
        test.send("28 0d \(Self.sequence) \(Self.keyframe)", at: 0, marker: true)
        test.send("50 3030", at: 3000)
        test.lose()
        test.send("90 cc", at: 3000, marker: true)
        // Whether a unit came before this one nobody knows.
        test.send("10 3030", at: 6000, marker: true)
        test.wait()
        #expect(test.statistics.damaged == 1)
        #expect(test.statistics.held == 1)
        test.send("28 0d \(Self.sequence) \(Self.keyframe)", at: 9000, marker: true)
        #expect(test.packets.count == 2)
    }
}

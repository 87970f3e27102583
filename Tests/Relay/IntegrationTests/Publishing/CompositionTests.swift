import NIOCore
import StreamToolkit
import Testing
import Toolkit
import Wire

@Suite("Pictures whose encoder does not delay their decoding", .timeLimit(.minutes(3)))
struct CompositionTests {
    /// What is taken off every composition time, ms: the B-frames of the sample then have negative ones.
    private static let shift = 83

    private static func composition(_ tag: FLVTag) -> Int {
        let high = Int(tag.body.getInteger(at: tag.body.readerIndex + 2, as: Int8.self) ?? 0)
        let low = Int(tag.body.getInteger(at: tag.body.readerIndex + 3, as: UInt16.self) ?? 0)
        return high << 16 | low
    }

    private static func shifted(_ tag: FLVTag) -> FLVTag {
        guard tag.kind == .video, tag.isCoded else { return tag }
        var tag = tag
        let time = Self.composition(tag) - Self.shift
        tag.body.setInteger(UInt8(truncatingIfNeeded: time >> 16), at: tag.body.readerIndex + 2)
        tag.body.setInteger(UInt16(truncatingIfNeeded: time), at: tag.body.readerIndex + 3)
        return tag
    }

    @Test("They are shown in order and with their sound, in every format")
    func negative() async throws {
        let material = try await Material.usual()
        #expect(material.tags.contains { $0.kind == .video && $0.isCoded && Self.composition($0) < Self.shift })
        let relay = try await RelayProcess.start()
        let publisher = try await TestPublisher.onAir(relay)
        let rtmp = "rtmp://\(relay.addresses["rtmp"] ?? "")/live/main"
        let addresses = [rtmp] + ["flv", "ts", "mp4"].map { relay.page("live/main.\($0)") }
        let isOver = Observed(false)
        let sending = Task {
            try publisher.send(material.headers)
            for round in 0..<200 where !isOver.state {
                try publisher.send(material.frames(marked: round, round: round).map(Self.shifted))
                try await Task.sleep(for: .milliseconds(250))
            }
        }
        try await withThrowingTaskGroup(of: (String, [FFprobe.Packet]).self) { group in
            for address in addresses {
                group.addTask { (address, try await FFprobe.packets(address, options: ["-read_intervals", "%+#150"])) }
            }
            for try await (address, packets) in group { self.compare(packets, with: material, address) }
        }
        isOver.change { $0 = true }
        try await sending.value
        try publisher.stop()
    }

    /// Times are compared with those of the source, beginning at a keyframe, with which every round begins.
    private func compare(_ packets: [FFprobe.Packet], with material: Material, _ address: String) {
        let pictures = material.tags.filter { $0.kind == .video && $0.isCoded }
        let wanted = pictures.map { Double(Int($0.timestamp) + Self.composition($0)) / 1000 }
        let shown = packets.video().drop { !$0.isKeyframe }.compactMap(\.ptsTime)
        #expect(shown.count > 30, "\(address)")
        guard let first = shown.first, let origin = wanted.first else { return }
        for (number, time) in shown.enumerated() {
            let expected = wanted[number % wanted.count] - origin + Double(number / wanted.count)
            #expect(abs(time - first - expected) < 0.003, "\(address): picture \(number)")
        }
        #expect(packets.isMonotonic, "\(address)")
        // Sounds are known by their sizes; MPEG-TS has a header of seven bytes on each.
        let sounds = material.tags.filter { $0.kind == .audio && $0.isCoded }
        let heard = packets.audio().prefix(8)
        let sizes = heard.map { $0.size - (address.hasSuffix(".ts") ? 7 : 0) }
        let places = sounds.indices.filter { place in
            sizes.indices.allSatisfy { sounds[(place + $0) % sounds.count].body.readableBytes - 2 == sizes[$0] }
        }
        // Rounds overlap: the last sound of one is later than the first ones of the next, which are held for it. The fifth is
        // where its source put it.
        let errors = places.compactMap { place -> Double? in
            guard let time = heard.dropFirst(4).first?.ptsTime else { return nil }
            // A picture is shown earlier by the shift than in the sample, and so is all that is compared with it.
            let sound = sounds[(place + 4) % sounds.count]
            let error = time - first - (Double(Int(sound.timestamp) + Self.shift) / 1000 - origin)
            return abs(error - error.rounded())
        }
        #expect(errors.contains { $0 < 0.012 }, "\(address): sound is off by \(errors)")
    }
}

import Media
import NIOCore
import Testing
import Wire

/// Files and tags come from strangers: whatever is in them, decoding ends with events or an error, and goes on.
struct FLVHostileInputTests {
    @Test(arguments: FLVCorpus.allCases)
    func `Every truncated tag is survived`(file: FLVCorpus) throws {
        var decoder = MediaTagDecoder()
        for tag in try file.tags() {
            // What a body begins with decides; the middle of a long one does not.
            let lengths = Array(0..<min(tag.body.readableBytes, 120))
            for length in lengths {
                var cut = tag
                cut.body = tag.body.getSlice(at: tag.body.readerIndex, length: length) ?? ByteBuffer()
                _ = try? decoder.decode(cut)
            }
        }
    }

    @Test(arguments: FLVCorpus.allCases)
    func `Every flipped bit at a tag's beginning is survived`(file: FLVCorpus) throws {
        var decoder = MediaTagDecoder()
        for tag in try file.tags().prefix(12) {
            for bit in 0..<(min(tag.body.readableBytes, 64) * 8) {
                var flipped = tag
                let index = tag.body.readerIndex + bit / 8
                let byte = tag.body.getInteger(at: index, as: UInt8.self) ?? 0
                flipped.body.setInteger(byte ^ 1 << UInt8(bit % 8), at: index)
                _ = try? decoder.decode(flipped)
            }
        }
        // And the decoder is none the worse for it.
        var fresh = MediaTagDecoder()
        var wanted = 0
        for tag in try file.tags() { wanted += try fresh.decode(tag).packets }
        wanted += fresh.flush().packets
        _ = decoder.flush()
        var found = 0
        for tag in try file.tags() { found += try decoder.decode(tag).packets }
        found += decoder.flush().packets
        #expect(found == wanted)
    }

    @Test(arguments: FLVCorpus.allCases)
    func `A file with noise in it is survived`(file: FLVCorpus) throws {
        // A fixed sequence, so that a failure comes again: Knuth's 64-bit congruential generator.
        var state: UInt64 = 7
        for _ in 0..<60 {
            var bytes = try file.bytes()
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let index = Int(state >> 33) % bytes.readableBytes
                bytes.setInteger(UInt8(truncatingIfNeeded: state >> 20), at: index)
            }
            var tags = FLVTagDecoder()
            var decoder = MediaTagDecoder()
            while let tag = try? tags.next(from: &bytes) { _ = try? decoder.decode(tag) }
        }
    }
}

extension [SourceEvent] {
    fileprivate var packets: Int {
        self.reduce(0) { count, event in
            if case .packet = event { count + 1 } else { count }
        }
    }
}

import NIOCore

/// What a test wants to know of the `moof` boxes in a fragmented MP4 (ISO/IEC 14496-12 section 8.8).
struct MP4Fragment: Hashable {
    var sequence: UInt32 = 0
    /// By track number.
    var decodeTimes: [UInt32: UInt64] = [:]
    /// Sums of the sample durations, by track number.
    var durations: [UInt32: UInt64] = [:]
    var samples: [UInt32: Int] = [:]

    static func all(in file: ByteBuffer) -> [MP4Fragment] {
        file.boxes().filter { $0.kind == "moof" }.map { MP4Fragment(moof: $0.body) }
    }

    private init(moof: ByteBuffer) {
        for box in moof.boxes() {
            switch box.kind {
            case "mfhd": self.sequence = box.body.getInteger(at: box.body.readerIndex + 4) ?? 0
            case "traf": self.read(box.body)
            default: break
            }
        }
    }

    private mutating func read(_ traf: ByteBuffer) {
        var track: UInt32 = 0
        var defaultDuration: UInt32 = 0
        for box in traf.boxes() {
            var body = box.body
            let flags = (body.readInteger(as: UInt32.self) ?? 0) & 0xFF_FFFF
            switch box.kind {
            case "tfhd":
                track = body.readInteger() ?? 0
                if flags & 1 != 0 { body.moveReaderIndex(forwardBy: 8) }
                if flags & 2 != 0 { body.moveReaderIndex(forwardBy: 4) }
                if flags & 8 != 0 { defaultDuration = body.readInteger() ?? 0 }
            case "tfdt":
                self.decodeTimes[track] = body.readInteger()
            case "trun":
                let count = Int(body.readInteger(as: UInt32.self) ?? 0)
                if flags & 1 != 0 { body.moveReaderIndex(forwardBy: 4) }
                if flags & 4 != 0 { body.moveReaderIndex(forwardBy: 4) }
                for _ in 0..<count {
                    let duration = flags & 0x100 != 0 ? body.readInteger() ?? 0 : defaultDuration
                    self.durations[track, default: 0] += UInt64(duration)
                    for flag in [0x200, 0x400, 0x800] as [UInt32] where flags & flag != 0 {
                        body.moveReaderIndex(forwardBy: 4)
                    }
                }
                self.samples[track, default: 0] += count
            default: break
            }
        }
    }
}

extension ByteBuffer {
    struct Box {
        var kind: String
        var body: ByteBuffer
    }

    /// The boxes side by side in these bytes.
    func boxes() -> [Box] {
        var rest = self
        var boxes: [Box] = []
        while let size: UInt32 = rest.readInteger(), let kind = rest.readString(length: 4), size >= 8,
            let body = rest.readSlice(length: Int(size) - 8)
        {
            boxes.append(Box(kind: kind, body: body))
        }
        return boxes
    }
}

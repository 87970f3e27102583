/// Reads fragmented MP4 (ISO/IEC 14496-12) as one file: one `moov`, then fragments whose numbers rise by one and whose samples
/// fill their data to the byte.
struct MP4Units: UnitBody {
    private struct Box {
        let type: String
        /// Its place in what it stands in, and the length of all of it.
        let place: Int
        let size: Int
        let body: ArraySlice<UInt8>
    }

    private struct Sample {
        let track: AccessUnit.Track
        /// From the beginning of the fragment.
        let place: Int
        let size: Int
        /// ms.
        let time: Double
    }

    private var unread: [UInt8] = []
    private var tracks: [Int: (track: AccessUnit.Track, rate: Double)] = [:]
    private var fragment: Int?
    /// Of the fragment whose data come next, and the length of its `moof`.
    private var samples: [Sample] = []
    private var headSize = 0

    mutating func read(_ bytes: [UInt8]) throws -> [AccessUnit] {
        self.unread += bytes
        var at = 0
        var units: [AccessUnit] = []
        while self.unread.count - at >= 8 {
            let size = self.unread[at..<at + 4].number
            guard size >= 8, size < 1 << 24 else { throw UnitError("a box of \(size) bytes") }
            guard self.unread.count - at >= size else { break }
            let boxes = try Self.boxes(in: self.unread[at..<at + size])
            units += try self.take(boxes[0])
            at += size
        }
        self.unread.removeFirst(at)
        return units
    }

    private static func boxes(in bytes: ArraySlice<UInt8>) throws(UnitError) -> [Box] {
        var boxes: [Box] = []
        var at = bytes.startIndex
        while at < bytes.endIndex {
            guard bytes.endIndex - at >= 8 else { throw UnitError("\(bytes.endIndex - at) bytes behind the last box") }
            let size = bytes[at..<at + 4].number
            guard size >= 8, size <= bytes.endIndex - at else { throw UnitError("a box of \(size) bytes") }
            let type = String(decoding: bytes[at + 4..<at + 8], as: UTF8.self)
            boxes.append(Box(type: type, place: at - bytes.startIndex, size: size, body: bytes[at + 8..<at + size]))
            at += size
        }
        return boxes
    }

    private mutating func take(_ box: Box) throws(UnitError) -> [AccessUnit] {
        switch box.type {
        case "ftyp" where self.tracks.isEmpty: return []
        case "moov" where self.tracks.isEmpty:
            for track in try Self.boxes(in: box.body) where track.type == "trak" { try self.learn(track) }
            return []
        case "moof" where self.samples.isEmpty && !self.tracks.isEmpty:
            self.headSize = box.size
            try self.open(box)
            return []
        case "mdat" where !self.samples.isEmpty:
            defer { self.samples = [] }
            return try self.units(box.body)
        default: throw UnitError("a box \(box.type) of \(box.size) bytes where none such can be")
        }
    }

    private mutating func learn(_ box: Box) throws(UnitError) {
        let boxes = try Self.boxes(in: box.body)
        guard let header = boxes.first(where: { $0.type == "tkhd" }),
            let media = boxes.first(where: { $0.type == "mdia" })
        else { throw UnitError("a track without a header") }
        let parts = try Self.boxes(in: media.body)
        guard let clock = parts.first(where: { $0.type == "mdhd" }),
            let handler = parts.first(where: { $0.type == "hdlr" })
        else { throw UnitError("a track without a clock") }
        let kind = String(decoding: handler.body.dropFirst(8).prefix(4), as: UTF8.self)
        let identifier = header.body.dropFirst(header.body.first == 1 ? 20 : 12).prefix(4).number
        let rate = clock.body.dropFirst(clock.body.first == 1 ? 20 : 12).prefix(4).number
        self.tracks[identifier] = (kind == "vide" ? .picture : .sound, Double(rate))
    }

    private mutating func open(_ box: Box) throws(UnitError) {
        for part in try Self.boxes(in: box.body) {
            switch part.type {
            case "mfhd":
                let number = part.body.dropFirst(4).number
                guard self.fragment.map({ $0 + 1 == number }) ?? true else {
                    throw UnitError("fragment \(number) comes behind \(self.fragment ?? 0)")
                }
                self.fragment = number
            case "traf": try self.openTrack(part)
            default: throw UnitError("a box \(part.type) in a fragment")
            }
        }
    }

    private mutating func openTrack(_ box: Box) throws(UnitError) {
        var track: (track: AccessUnit.Track, rate: Double)?
        var (duration, size, time) = (0, 0, 0)
        for part in try Self.boxes(in: box.body) {
            let flags = part.body.dropFirst().prefix(3).number
            var rest = part.body.dropFirst(4)
            switch part.type {
            case "tfhd":
                track = self.tracks[Self.take(4, &rest)]
                guard track != nil, flags & 0x2_0001 == 0x2_0000 else { throw UnitError("a fragment of no track") }
                if flags & 2 != 0 { _ = Self.take(4, &rest) }
                if flags & 8 != 0 { duration = Self.take(4, &rest) }
                if flags & 16 != 0 { size = Self.take(4, &rest) }
            case "tfdt": time = Self.take(part.body.first == 1 ? 8 : 4, &rest)
            case "trun":
                guard let track, flags & 1 != 0 else { throw UnitError("a run without a place") }
                let count = Self.take(4, &rest)
                var place = Self.take(4, &rest)
                if flags & 4 != 0 { _ = Self.take(4, &rest) }
                for _ in 0..<count {
                    let step = flags & 0x100 != 0 ? Self.take(4, &rest) : duration
                    let length = flags & 0x200 != 0 ? Self.take(4, &rest) : size
                    if flags & 0x400 != 0 { _ = Self.take(4, &rest) }
                    if flags & 0x800 != 0 { _ = Self.take(4, &rest) }
                    let moment = Double(time) * 1000 / track.rate
                    self.samples.append(Sample(track: track.track, place: place, size: length, time: moment))
                    place += length
                    time += step
                }
                guard rest.isEmpty else { throw UnitError("a run of \(count) samples with \(rest.count) bytes left") }
            default: throw UnitError("a box \(part.type) in a track's fragment")
            }
        }
    }

    private static func take(_ count: Int, _ bytes: inout ArraySlice<UInt8>) -> Int {
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count).number
    }

    private func units(_ data: ArraySlice<UInt8>) throws(UnitError) -> [AccessUnit] {
        var place = self.headSize + 8
        var units: [AccessUnit] = []
        for sample in self.samples.sorted(by: { $0.place < $1.place }) {
            guard sample.place == place, place + sample.size <= self.headSize + 8 + data.count else {
                throw UnitError("a sample at \(sample.place) where one at \(place) should be")
            }
            let bytes = data.dropFirst(place - self.headSize - 8).prefix(sample.size)
            units.append(AccessUnit(track: sample.track, bytes: Array(bytes), time: sample.time))
            place += sample.size
        }
        guard place == self.headSize + 8 + data.count else {
            throw UnitError("data of \(data.count) bytes, of which samples are \(place - self.headSize - 8)")
        }
        return units
    }
}

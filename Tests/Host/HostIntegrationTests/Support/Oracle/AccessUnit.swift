/// A coded picture, as NAL units behind their lengths in four bytes and without parameter sets and delimiters, or a frame of
/// AAC without a header.
struct AccessUnit: Sendable {
    enum Track: String, Hashable, Sendable, CaseIterable {
        case picture, sound
    }

    var track: Track
    var bytes: [UInt8]
    /// ms of decoding, which here is that of presentation, on whatever clock the format has.
    var time: Double

    /// NAL units of H.264 as they lie in an access unit: nal_unit_type 7, 8 and 9 are what formats add.
    static func picture(_ units: [ArraySlice<UInt8>], time: Double) -> AccessUnit {
        var bytes: [UInt8] = []
        for unit in units where !unit.isEmpty && !(7...9).contains(unit[unit.startIndex] & 31) {
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: unit.count >> (24 - 8 * $0)) }
            bytes += unit
        }
        return AccessUnit(track: .picture, bytes: bytes, time: time)
    }

    /// What is in the body of a video or audio tag; nil where that is no access unit, but says how such are coded.
    init?(tag kind: UInt8, time: UInt32, body: some Collection<UInt8>) {
        let head = Array(body.prefix(5))
        guard head.count > 1, head[1] == 1 else { return nil }
        switch kind {
        case 9: self.init(track: .picture, bytes: Array(body.dropFirst(5)), time: Double(time))
        case 8: self.init(track: .sound, bytes: Array(body.dropFirst(2)), time: Double(time))
        default: return nil
        }
    }

    init(track: Track, bytes: [UInt8], time: Double) {
        self.track = track
        self.bytes = bytes
        self.time = time
    }
}

/// What is wrong with what a viewer got.
struct UnitError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension Sequence<UInt8> {
    /// Big-endian.
    var number: Int { self.reduce(0) { $0 << 8 | Int($1) } }
}

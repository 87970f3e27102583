internal import Media
internal import NIOCore

/// The bytes of one event on a packet tape, version 1, little-endian:
///
/// ```
///  0  u8  kind: 1 packet, 2 configuration        16  i64 packet: dts, µs
///  1  u8  track kind: 0 video, 1 audio           16  u32 configuration: width     20  u32 height
///  2  u8  track index                            24  u32 length of what follows all this
///  3  u8  configuration: codec (below)           28  u32 reserved, 0
///  4  u16 packet: flags                          with a segment mark:
///  6  u16 1: join  2: repeated  4: segment mark  32  u64 number  40  u64 discontinuity  48  i64 wall clock, µs
///  8  i64 packet: pts, µs
///  8  u32 configuration: sample rate      12  u32 channels
/// ```
struct PacketRecord {
    struct Marks: OptionSet {
        let rawValue: UInt16
        static let join = Marks(rawValue: 1)
        static let repeated = Marks(rawValue: 2)
        static let segment = Marks(rawValue: 4)
    }

    static let headerSize = 32
    static let segmentSize = 24

    var event: MediaEvent
    var isJoin: Bool
    var isRepeat: Bool
    var segment: SegmentMark?

    /// µs on the stream's clock; zero for a configuration.
    var time: Int64 {
        if case .packet(let packet) = self.event { packet.dts.microseconds } else { 0 }
    }

    private var payload: ByteBuffer {
        switch self.event {
        case .packet(let packet): packet.payload
        case .configuration(_, let configuration): configuration.record
        }
    }

    var size: Int {
        Self.headerSize + (self.segment == nil ? 0 : Self.segmentSize) + self.payload.readableBytes
    }

    /// Writes the record into exactly ``size`` bytes.
    func write(to bytes: UnsafeMutableRawBufferPointer) {
        var marks: Marks = []
        if self.isJoin { marks.insert(.join) }
        if self.isRepeat { marks.insert(.repeated) }
        if self.segment != nil { marks.insert(.segment) }
        unsafe bytes.prefix(Self.headerSize).initializeMemory(as: UInt8.self, repeating: 0)
        switch self.event {
        case .packet(let packet):
            unsafe Self.put(UInt8(1), at: 0, in: bytes)
            unsafe Self.put(packet.track, in: bytes)
            unsafe Self.put(packet.flags.rawValue, at: 4, in: bytes)
            unsafe Self.put(packet.pts.microseconds, at: 8, in: bytes)
            unsafe Self.put(packet.dts.microseconds, at: 16, in: bytes)
        case .configuration(let track, let configuration):
            unsafe Self.put(UInt8(2), at: 0, in: bytes)
            unsafe Self.put(track, in: bytes)
            unsafe Self.put(configuration.codec.tapeNumber, at: 3, in: bytes)
            unsafe Self.put(UInt32(clamping: configuration.sampleRate), at: 8, in: bytes)
            unsafe Self.put(UInt32(clamping: configuration.channels), at: 12, in: bytes)
            unsafe Self.put(UInt32(clamping: configuration.width), at: 16, in: bytes)
            unsafe Self.put(UInt32(clamping: configuration.height), at: 20, in: bytes)
        }
        unsafe Self.put(marks.rawValue, at: 6, in: bytes)
        let payload = self.payload
        unsafe Self.put(UInt32(clamping: payload.readableBytes), at: 24, in: bytes)
        var offset = Self.headerSize
        if let segment = self.segment {
            unsafe Self.put(segment.number, at: offset, in: bytes)
            unsafe Self.put(segment.discontinuity, at: offset + 8, in: bytes)
            unsafe Self.put(segment.wallClock, at: offset + 16, in: bytes)
            offset += Self.segmentSize
        }
        unsafe payload.withUnsafeReadableBytes { payload in
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[offset...]).copyMemory(from: payload)
        }
    }

    private static func put(_ track: TrackID, in bytes: UnsafeMutableRawBufferPointer) {
        unsafe Self.put(track.kind.rawValue, at: 1, in: bytes)
        unsafe Self.put(track.index, at: 2, in: bytes)
    }

    private static func put<Number: FixedWidthInteger & BitwiseCopyable>(
        _ number: Number,
        at offset: Int,
        in bytes: UnsafeMutableRawBufferPointer
    ) {
        unsafe bytes.storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
    }
}

internal import NIOCore

/// Scans the chunks of an RTMP connection (RTMP 1.0 section 5.3) as a player receives them.
///
/// Audio and video are passed over; commands, which are few and short, are collected, and control messages are read.
struct RTMPScanner: Sendable {
    enum Event: Hashable, Sendable {
        case command(ByteBuffer)
        /// PingRequest, section 7.1.7: to be answered with the same number.
        case ping(UInt32)
        /// Window Acknowledgement Size, section 5.4.4.
        case window(UInt32)
    }

    /// Basic header, message header, extended timestamp, and what is read of a message's body at once.
    static let lookahead = 3 + 11 + 4 + controlLimit
    /// Chunk streams told apart. Servers use two to eight.
    private static let streamLimit = 16
    private static let commandLimit = 1 << 16
    /// Set Chunk Size, Abort, User Control and the like are no longer than this.
    private static let controlLimit = 16

    private struct ChunkStream: Sendable {
        var identifier: UInt32 = 0
        var timestamp: UInt32 = 0
        /// The timestamp field of the newest header: what a type 3 header adds when it begins a message.
        var step: UInt32 = 0
        var length = 0
        /// Bytes of the current message still to come; 0 between messages.
        var remaining = 0
        var type: UInt8 = 0
        var isExtended = false
    }

    private let probing: Bool
    private var streams = InlineArray<16, ChunkStream>(repeating: ChunkStream())
    private var used = 0
    private var chunkSize = 128
    /// The stream of the chunk being read, and what is left of the chunk.
    private var current = 0
    private var chunkRemaining = 0
    private var searched = 0
    private var finder = StampFinder()
    private var command: [UInt8] = []
    private(set) var events: [Event] = []

    init(probing: Bool) {
        self.probing = probing
    }

    /// What came since the last call.
    mutating func takeEvents() -> [Event] {
        defer { self.events = [] }
        return self.events
    }

    mutating func scan(_ bytes: Span<UInt8>, into progress: inout StreamProgress) throws(ScanError) -> Int {
        var at = 0
        while at < bytes.count {
            if self.chunkRemaining > 0 {
                let count = min(self.chunkRemaining, bytes.count - at)
                self.pass(bytes.extracting(at..<at + count), into: &progress)
                at += count
            } else {
                guard let header = try self.open(bytes.extracting(at..<bytes.count), into: &progress) else { break }
                at += header
            }
        }
        return at
    }

    /// Takes part of a chunk's payload.
    private mutating func pass(_ bytes: Span<UInt8>, into progress: inout StreamProgress) {
        self.chunkRemaining -= bytes.count
        self.streams[self.current].remaining -= bytes.count
        switch self.streams[self.current].type {
        case 9 where self.searched > 0:
            let part = min(self.searched, bytes.count)
            self.finder.search(bytes.extracting(0..<part), into: &progress.stamps)
            self.searched -= part
        case 17, 20:
            for index in bytes.indices { self.command.append(bytes[index]) }
            guard self.streams[self.current].remaining == 0 else { return }
            // An AMF3 command begins with a byte that says it is AMF0 (section 7.1.1).
            let skipped = self.streams[self.current].type == 17 ? 1 : 0
            self.events.append(.command(ByteBuffer(bytes: self.command.dropFirst(skipped))))
            self.command = []
        default: break
        }
    }

    /// Reads a chunk's header and, where the chunk begins a message, what the message begins with. Nil until enough
    /// of it is there.
    private mutating func open(
        _ bytes: Span<UInt8>,
        into progress: inout StreamProgress
    ) throws(ScanError) -> Int? {
        let format = bytes[0] >> 6
        let basic = bytes[0] & 63 > 1 ? 1 : 2 + Int(bytes[0] & 63)
        guard bytes.count >= basic else { return nil }
        let identifier: UInt32 =
            switch basic {
            case 1: UInt32(bytes[0] & 63)
            case 2: 64 + UInt32(bytes[1])
            default: 64 + UInt32(bytes[1]) + UInt32(bytes[2]) << 8
            }
        let index = try self.index(of: identifier, opening: format == 0)
        var stream = self.streams[index]
        let begins = stream.remaining == 0
        guard begins || format == 3 else { throw ScanError("a message was begun inside another on its chunk stream") }

        var at = basic + [11, 7, 3, 0][Int(format)]
        guard bytes.count >= at else { return nil }
        var field = stream.step
        if format < 3 {
            field = bytes.number24(at: basic)
            stream.isExtended = field == 0xff_ffff
        }
        if stream.isExtended {
            guard bytes.count >= at + 4 else { return nil }
            let extended = bytes.number32(at: at)
            // Some senders leave the extended timestamp out of type 3 headers.
            if format < 3 || extended == stream.step {
                field = extended
                at += 4
            }
        }
        if format < 2 {
            stream.length = Int(bytes.number24(at: basic + 3))
            stream.type = bytes[basic + 6]
        }
        if begins {
            stream.step = field
            stream.timestamp = format == 0 ? field : stream.timestamp &+ field
            stream.remaining = stream.length
            let isControl = (1...6).contains(stream.type) && stream.length <= Self.controlLimit
            let wanted = min(isControl ? stream.length : 2, stream.length, self.chunkSize)
            guard bytes.count >= at + wanted else { return nil }
            let body = bytes.extracting(at..<at + wanted)
            if isControl {
                try self.control(stream.type, body)
            } else {
                try self.begin(stream, body, into: &progress)
            }
        }
        self.current = index
        self.chunkRemaining = min(self.chunkSize, stream.remaining)
        self.streams[index] = stream
        return at
    }

    private mutating func index(of identifier: UInt32, opening: Bool) throws(ScanError) -> Int {
        for index in 0..<self.used where self.streams[index].identifier == identifier { return index }
        guard opening else { throw ScanError("chunk stream \(identifier) begins without a whole header") }
        guard self.used < Self.streamLimit else { throw ScanError("more than \(Self.streamLimit) chunk streams") }
        self.streams[self.used] = ChunkStream(identifier: identifier)
        self.used += 1
        return self.used - 1
    }

    /// Notes a message by its first two bytes, or by the one that a chunk holds.
    private mutating func begin(
        _ stream: ChunkStream,
        _ body: Span<UInt8>,
        into progress: inout StreamProgress
    ) throws(ScanError) {
        let time = TrackTime.milliseconds(stream.timestamp)
        let second = body.count > 1 ? body[1] : 0
        switch stream.type {
        case 9 where stream.length >= 2:
            self.searched = 0
            guard case .frame(let isKeyframe) = FLVFrame.video(body[0], second) else { return }
            progress.noteVideo(time, isKeyframe: isKeyframe)
            guard self.probing else { return }
            self.searched = LatencyStamp.searchLimit
            self.finder.reset()
        case 8 where stream.length >= 2:
            if FLVFrame.audio(body[0], second) != .other { progress.noteAudio(time) }
        case 17, 20:
            guard stream.length <= Self.commandLimit else { throw ScanError("a command of \(stream.length) bytes") }
            self.command = []
        default: break
        }
    }

    /// Sections 5.4 and 7.1.7.
    private mutating func control(_ type: UInt8, _ body: Span<UInt8>) throws(ScanError) {
        guard body.count >= 4 else { return }
        let value = body.number32(at: 0)
        switch type {
        case 1:
            guard value & 0x7fff_ffff > 0 else { throw ScanError("a chunk size of zero") }
            self.chunkSize = Int(value & 0x7fff_ffff)
        case 2:
            for index in 0..<self.used where self.streams[index].identifier == value {
                self.streams[index].remaining = 0
            }
        case 4 where body.count >= 6 && body.number16(at: 0) == 6: self.events.append(.ping(body.number32(at: 2)))
        case 5: self.events.append(.window(value))
        default: break
        }
    }
}

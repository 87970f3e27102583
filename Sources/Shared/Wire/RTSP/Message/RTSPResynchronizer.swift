import NIOCore

/// Finds where messages go on in a connection's bytes after some that belong to none: cameras and their gateways write a
/// packet cut short, padding, or a packet without its four bytes between interleaved frames.
///
/// A place counts when what stands there is proven: a frame of a channel that is set up, whose payload goes on from what
/// the channel has carried; a whole frame whose payload begins as RTP and RTCP do and behind which another message begins;
/// or a whole line of a request or an answer. The place whose proof is whole with the fewest bytes wins, so that it does
/// not matter in which pieces they come.
struct RTSPResynchronizer: Sendable {
    enum Search: Hashable, Sendable {
        /// The message begins so many bytes behind the first.
        case found(Int)
        /// More bytes are wanted; so many of those that are there belong to no message.
        case open(stray: Int)
    }

    private enum Evidence: Hashable {
        case none
        /// So many bytes are needed to say more.
        case open(Int)
        /// So many bytes are the proof.
        case proven(Int)
    }

    /// Bytes of a frame before its payload, and those that say what the payload is.
    private static let frameHead = 4
    private static let frameStart = 5

    /// RTCP has four bytes at least, RTP twelve.
    private static let shortestPacket = 4

    /// What requests and answers begin with, by the first byte.
    private static let starts = Dictionary(
        grouping: (RTSPMethod.served.map(\.rawValue) + ["RTSP/1.0"]).map { Array("\($0) ".utf8) },
        by: { $0[0] }
    )
    private static let version = Array("RTSP/1.0".utf8)

    private let lineLimit: Int
    private var scanned = 0
    /// Places that may still prove themselves, and how many bytes that takes.
    private var places: [(place: Int, needed: Int)] = []
    /// Whether nothing was given up yet: then a frame of a channel that is not set up may stand at the front.
    private var isAtFront = true

    init(lineLimit: Int) {
        self.lineLimit = lineLimit
    }

    /// Looks for a message. `bytes` are those of before, but for the stray ones, and what came since.
    mutating func search(
        _ bytes: ByteBufferView,
        _ channels: RTSPChannelSet,
        _ packets: RTSPExpectedPackets
    ) -> Search {
        var open: [(place: Int, needed: Int)] = []
        var best: (place: Int, proof: Int)?
        func look(at place: Int) {
            switch self.evidence(bytes, place, channels, packets) {
            case .none: break
            case .open(let needed): open.append((place, needed))
            case .proven(let proof): if proof < best?.proof ?? .max { best = (place, proof) }
            }
        }
        for (place, needed) in self.places {
            if needed <= bytes.count { look(at: place) } else { open.append((place, needed)) }
        }
        for place in self.scanned..<bytes.count {
            if let best, place >= best.proof { break }
            let byte = bytes[bytes.startIndex + place]
            if byte == RTSPMessageDecoder.frameMark || Self.starts[byte] != nil { look(at: place) }
        }
        if let best { return .found(best.place) }
        let stray = open.first?.place ?? bytes.count
        self.places = open.map { ($0.place - stray, $0.needed - stray) }
        self.scanned = bytes.count - stray
        if stray > 0 { self.isAtFront = false }
        return .open(stray: stray)
    }

    /// Whether a message may stand at the front of the bytes without being looked at any further: `nil` where too few are
    /// there to tell.
    static func isTrusted(_ bytes: ByteBufferView, _ channels: RTSPChannelSet, lineLimit: Int) -> Bool? {
        guard let first = bytes.first else { return nil }
        guard first == RTSPMessageDecoder.frameMark else { return Self.mayBeLine(bytes, lineLimit) }
        guard bytes.count >= Self.frameHead else { return nil }
        guard channels.contains(bytes[bytes.startIndex + 1]) else { return false }
        // Empty frames keep some connections alive.
        let length = Self.length(bytes, 0)
        guard length > 0 else { return true }
        guard bytes.count >= Self.frameStart else { return nil }
        return length >= Self.shortestPacket && Self.isPacket(bytes[bytes.startIndex + Self.frameHead])
    }

    /// Whether the bytes up to the first line's end may be a request or an answer.
    private static func mayBeLine(_ bytes: ByteBufferView, _ limit: Int) -> Bool {
        var isMethod = true
        for (count, byte) in bytes.prefix(limit).enumerated() {
            if byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n") { return !isMethod }
            if isMethod {
                if byte == UInt8(ascii: " ") {
                    guard count > 0 else { return false }
                    isMethod = false
                } else if !Self.isOfMethod(byte) || count >= Self.longestMethod {
                    return false
                }
            } else if byte < 32 || byte == 127 {
                return false
            }
        }
        return bytes.count < limit
    }

    private static let longestMethod = 32

    private static func isOfMethod(_ byte: UInt8) -> Bool {
        ASCII.isToken(byte) && byte != RTSPMessageDecoder.frameMark || byte == UInt8(ascii: "/")
    }

    private static func length(_ bytes: ByteBufferView, _ place: Int) -> Int {
        let start = bytes.startIndex + place
        return Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
    }

    /// Version 2 of RTP and RTCP: RFC 3550 sections 5.1 and 6.4.1.
    private static func isPacket(_ byte: UInt8) -> Bool { byte >> 6 == 2 }

    private func evidence(
        _ bytes: ByteBufferView,
        _ place: Int,
        _ channels: RTSPChannelSet,
        _ packets: RTSPExpectedPackets
    ) -> Evidence {
        let start = bytes.startIndex + place
        guard bytes[start] == RTSPMessageDecoder.frameMark else { return self.lineEvidence(bytes, place) }
        guard bytes.count - place >= Self.frameStart else { return .open(place + Self.frameStart) }
        let isKnown = channels.contains(bytes[start + 1])
        let length = Self.length(bytes, place)
        let looksRight = isKnown && length >= Self.shortestPacket && Self.isPacket(bytes[start + Self.frameHead])
        guard looksRight || place == 0 && self.isAtFront else { return .none }
        if looksRight {
            let payload = bytes.dropFirst(place + Self.frameHead)
            switch packets.verdict(payload, length: length, channel: bytes[start + 1]) {
            case .expected(let count): return .proven(place + Self.frameHead + count)
            case .open(let count): return .open(place + Self.frameHead + count)
            case .unexpected: break
            }
        }
        let end = place + Self.frameHead + length
        guard end < bytes.count else { return .open(end + 1) }
        let next = bytes[bytes.startIndex + end]
        if next == UInt8(ascii: "\r") || next == UInt8(ascii: "\n") { return .proven(end + 1) }
        guard next == RTSPMessageDecoder.frameMark else { return Self.startEvidence(bytes, end) }
        guard end + 1 < bytes.count else { return .open(end + 2) }
        return channels.contains(bytes[bytes.startIndex + end + 1]) || !isKnown ? .proven(end + 2) : .none
    }

    /// Whether the word stands there that a request or an answer begins with.
    private static func startEvidence(_ bytes: ByteBufferView, _ place: Int) -> Evidence {
        let rest = bytes.dropFirst(place)
        var evidence = Evidence.none
        for start in rest.first.flatMap({ Self.starts[$0] }) ?? [] where rest.starts(with: start.prefix(rest.count)) {
            if rest.count >= start.count { return .proven(place + start.count) }
            evidence = .open(bytes.count + 1)
        }
        return evidence
    }

    private func lineEvidence(_ bytes: ByteBufferView, _ place: Int) -> Evidence {
        guard case .proven = Self.startEvidence(bytes, place) else { return Self.startEvidence(bytes, place) }
        let rest = bytes.dropFirst(place).prefix(self.lineLimit)
        // Every word of a long line may begin one: only one with an end is looked at closely.
        guard let end = rest.firstIndex(where: { $0 < 32 || $0 == 127 }) else {
            return rest.count < self.lineLimit ? .open(bytes.count + 1) : .none
        }
        guard rest[end] == UInt8(ascii: "\n") || rest[end] == UInt8(ascii: "\r") else { return .none }
        let line = rest[..<end]
        let proof = Evidence.proven(place + line.count + 1)
        if line.starts(with: Self.version) { return proof }
        guard line.suffix(Self.version.count).elementsEqual(Self.version) else { return .none }
        return (try? RTSPRequestLine(String(decoding: line, as: UTF8.self))) == nil ? .none : proof
    }
}

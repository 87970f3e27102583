import Encodings
package import NIOCore

/// Takes messages and interleaved frames out of a connection's bytes (RFC 2326 sections 4 and 10.12).
///
/// Lines may end in a bare line feed, and empty lines may come between messages: old cameras send both. Where frames
/// are interleaved, bytes that belong to no message are passed over and counted: see ``RTSPResynchronizer``.
package struct RTSPMessageDecoder: Sendable {
    /// `$`, with which an interleaved frame begins.
    package static let frameMark = UInt8(ascii: "$")

    private enum Start: Sendable {
        case request(RTSPMethod, uri: String)
        case response(RTSPStatus, reason: String)
    }

    private enum State: Sendable {
        case start
        case headers(Start, RTSPHeaders, bytes: Int)
        case body(Start, RTSPHeaders, length: Int)
    }

    private let limits: RTSPLimits
    private var state = State.start
    /// Bytes at the front that were seen to hold no line's end.
    private var scanned = 0

    /// What interleaved frames are expected to hold.
    private var packets = RTSPExpectedPackets()
    /// What is looked for after bytes that belong to no message.
    private var resynchronizer: RTSPResynchronizer?
    /// Whether a message is known to begin at the front.
    private var isProven = false
    /// Stray bytes since the last message, and where they begin.
    private var strayRun = 0
    private var strayStart: UInt64 = 0

    /// Bytes taken so far.
    package private(set) var offset: UInt64 = 0

    /// Bytes that belonged to no message, and how often some stood between two.
    package private(set) var strayBytes: UInt64 = 0
    package private(set) var strayRuns: UInt64 = 0

    package init(limits: RTSPLimits = RTSPLimits()) {
        self.limits = limits
    }

    /// Where a decoder stands between two messages, written down for the process that goes on with it.
    struct Standing: Sendable, Codable {
        fileprivate var packets: RTSPExpectedPackets
        fileprivate var offset: UInt64
        fileprivate var strayBytes: UInt64
        fileprivate var strayRuns: UInt64
    }

    /// Nil in the midst of a message, and while one is looked for.
    var standing: Standing? {
        guard case .start = self.state, self.scanned == 0, self.resynchronizer == nil, !self.isProven,
            self.strayRun == 0
        else { return nil }
        return Standing(
            packets: self.packets,
            offset: self.offset,
            strayBytes: self.strayBytes,
            strayRuns: self.strayRuns
        )
    }

    /// Nil where no decoder can have stood so.
    init?(resuming standing: Standing, limits: RTSPLimits) {
        guard [standing.offset, standing.strayBytes, standing.strayRuns].allSatisfy({ $0 < 1 << 60 }) else {
            return nil
        }
        self.init(limits: limits)
        self.packets = standing.packets
        self.offset = standing.offset
        self.strayBytes = standing.strayBytes
        self.strayRuns = standing.strayRuns
    }

    /// Takes the payload types of each channel, as the description of what is sent has them.
    package mutating func expect(_ payloadTypes: [UInt8: Set<UInt8>]) {
        self.packets.describe(payloadTypes)
    }

    /// The next whole message, or nil until more bytes arrive. What was not taken is to come again, in front of the
    /// new.
    ///
    /// With `channels`, those that carry interleaved frames, stray bytes are passed over; without any they are an
    /// error.
    package mutating func next(
        from bytes: inout ByteBuffer,
        among channels: RTSPChannelSet = RTSPChannelSet()
    ) throws(RTSPError) -> RTSPMessage? {
        let before = bytes.readerIndex
        defer { self.offset += UInt64(bytes.readerIndex - before) }
        while true {
            switch self.state {
            case .start:
                if self.scanned == 0, channels.isEmpty { Self.skipEmptyLines(&bytes) }
                if !channels.isEmpty, try !self.synchronize(&bytes, channels, since: before) { return nil }
                if bytes.getInteger(at: bytes.readerIndex) == Self.frameMark, self.scanned == 0 {
                    guard let frame = Self.frame(from: &bytes) else { return nil }
                    (self.isProven, self.strayRun) = (false, 0)
                    if channels.contains(frame.channel) { self.packets.note(frame) }
                    return .interleaved(frame)
                }
                let lineStart = bytes.readerIndex
                guard let line = try self.line(from: &bytes, since: before) else { return nil }
                guard !line.isEmpty else { continue }
                self.isProven = false
                do throws(RTSPError) {
                    self.state = .headers(try self.start(line, at: bytes, since: before), RTSPHeaders(), bytes: 0)
                } catch {
                    guard !channels.isEmpty else { throw error }
                    try self.noteStray(from: lineStart, to: bytes.readerIndex, since: before)
                }
            case .headers(let start, var headers, let count):
                guard let line = try self.line(from: &bytes, since: before) else { return nil }
                guard !line.isEmpty else {
                    self.state = .body(start, headers, length: try self.bodyLength(headers, at: bytes, since: before))
                    continue
                }
                guard count + line.utf8.count <= self.limits.headBytes else {
                    throw self.error(.headTooLong(limit: self.limits.headBytes), at: bytes, since: before)
                }
                try self.read(line, into: &headers, at: bytes, since: before)
                self.state = .headers(start, headers, bytes: count + line.utf8.count)
            case .body(let start, let headers, let length):
                guard let body = bytes.readSlice(length: length) else { return nil }
                (self.state, self.strayRun) = (.start, 0)
                return switch start {
                case .request(let method, let uri): .request(RTSPRequest(method, uri, headers: headers, body: body))
                case .response(let status, let reason):
                    .response(RTSPResponse(status, reason: reason, headers: headers, body: body))
                }
            }
        }
    }

    /// Empty lines between messages, however many (RFC 2326 section 4.1 by way of RFC 2616 section 4.1).
    private static func skipEmptyLines(_ bytes: inout ByteBuffer) {
        let view = bytes.readableBytesView
        let end = view.firstIndex { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") } ?? view.endIndex
        bytes.moveReaderIndex(to: end)
    }

    private static func frame(from bytes: inout ByteBuffer) -> RTSPFrame? {
        let start = bytes.readerIndex
        guard let channel = bytes.getInteger(at: start + 1, as: UInt8.self),
            let length = bytes.getInteger(at: start + 2, as: UInt16.self),
            let payload = bytes.getSlice(at: start + 4, length: Int(length))
        else { return nil }
        bytes.moveReaderIndex(forwardBy: 4 + Int(length))
        return RTSPFrame(channel: channel, payload: payload)
    }

    // MARK: Stray bytes

    /// Sees to it that a message begins at the front; false until more bytes arrive.
    private mutating func synchronize(
        _ bytes: inout ByteBuffer,
        _ channels: RTSPChannelSet,
        since before: Int
    ) throws(RTSPError) -> Bool {
        if self.isProven { return true }
        while self.resynchronizer == nil, self.scanned == 0,
            let byte = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self),
            byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
        {
            bytes.moveReaderIndex(forwardBy: 1)
        }
        if self.resynchronizer == nil {
            let view = bytes.readableBytesView
            let isTrusted = RTSPResynchronizer.isTrusted(view, channels, lineLimit: self.limits.lineBytes)
            guard isTrusted == false else { return isTrusted ?? false }
            self.scanned = 0
        }
        var resynchronizer = self.resynchronizer ?? RTSPResynchronizer(lineLimit: self.limits.lineBytes)
        switch resynchronizer.search(bytes.readableBytesView, channels, self.packets) {
        case .found(let stray):
            (self.resynchronizer, self.isProven) = (nil, true)
            try self.pass(stray, of: &bytes, since: before)
            return true
        case .open(let stray):
            self.resynchronizer = resynchronizer
            try self.pass(stray, of: &bytes, since: before)
            return false
        }
    }

    private mutating func pass(_ stray: Int, of bytes: inout ByteBuffer, since before: Int) throws(RTSPError) {
        let start = bytes.readerIndex
        bytes.moveReaderIndex(forwardBy: stray)
        try self.noteStray(from: start, to: bytes.readerIndex, since: before)
    }

    /// Counts bytes of no message, by where they stood.
    private mutating func noteStray(from start: Int, to end: Int, since before: Int) throws(RTSPError) {
        guard end > start else { return }
        if self.strayRun == 0 {
            self.strayRuns += 1
            self.strayStart = self.offset + UInt64(start - before)
        }
        self.strayRun += end - start
        self.strayBytes += UInt64(end - start)
        guard self.strayRun <= self.limits.strayBytes else {
            throw RTSPError(.tooManyStrayBytes(limit: self.limits.strayBytes), at: self.strayStart)
        }
    }

    // MARK: Lines

    /// A line without its end, or nil until it is whole.
    private mutating func line(from bytes: inout ByteBuffer, since before: Int) throws(RTSPError) -> String? {
        let view = bytes.readableBytesView
        let end = view.dropFirst(self.scanned).firstIndex(of: UInt8(ascii: "\n"))
        let length = (end ?? view.endIndex) - view.startIndex
        guard length <= self.limits.lineBytes else {
            throw self.error(.lineTooLong(limit: self.limits.lineBytes), at: bytes, since: before)
        }
        guard end != nil else {
            self.scanned = length
            return nil
        }
        self.scanned = 0
        var line = view.prefix(length)
        while line.last == UInt8(ascii: "\r") { line.removeLast() }
        bytes.moveReaderIndex(forwardBy: length + 1)
        return String(decoding: line, as: UTF8.self)
    }

    private func start(_ line: String, at bytes: ByteBuffer, since before: Int) throws(RTSPError) -> Start {
        let parts = line.parts(at: " ", maxSplits: 2)
        guard parts.count >= 2 else { throw self.error(.malformedStartLine, at: bytes, since: before) }
        if parts[0].begins(with: "RTSP/") {
            guard parts[1].utf8.count == 3, let code = Int(parts[1]), code >= 100 else {
                throw self.error(.malformedStartLine, at: bytes, since: before)
            }
            return .response(RTSPStatus(rawValue: code), reason: parts.count > 2 ? String(parts[2]) : "")
        }
        do throws(RTSPRequestLine.Fault) {
            let request = try RTSPRequestLine(line)
            return .request(request.method, uri: request.uri)
        } catch {
            let reason = error == .malformed ? RTSPError.Reason.malformedStartLine : .unsupportedVersion
            throw self.error(reason, at: bytes, since: before)
        }
    }

    private func read(
        _ line: String,
        into headers: inout RTSPHeaders,
        at bytes: ByteBuffer,
        since before: Int
    ) throws(RTSPError) {
        if let first = line.utf8.first, ASCII.isSpace(first) {
            guard headers.fold(line.trimmingBlanks()) else {
                throw self.error(.malformedHeader, at: bytes, since: before)
            }
            return
        }
        guard case (let name, let value?) = line.halves(at: ":"), !name.isEmpty else {
            throw self.error(.malformedHeader, at: bytes, since: before)
        }
        guard headers.fields.count < self.limits.headers else {
            throw self.error(.tooManyHeaders(limit: self.limits.headers), at: bytes, since: before)
        }
        headers.add(String(name.trimmingBlanks()), String(value.trimmingBlanks()))
    }

    private func bodyLength(
        _ headers: RTSPHeaders,
        at bytes: ByteBuffer,
        since before: Int
    ) throws(RTSPError) -> Int {
        guard let text = headers["Content-Length"] else { return 0 }
        guard let length = Int(text), length >= 0, text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }) else {
            throw self.error(.malformedContentLength, at: bytes, since: before)
        }
        guard length <= self.limits.bodyBytes else {
            throw self.error(.bodyTooLong(bytes: length, limit: self.limits.bodyBytes), at: bytes, since: before)
        }
        return length
    }

    private func error(_ reason: RTSPError.Reason, at bytes: ByteBuffer, since before: Int) -> RTSPError {
        RTSPError(reason, at: self.offset + UInt64(bytes.readerIndex - before))
    }
}

import Encodings
package import NIOCore

/// Cuts what an HTTP client sends into requests, no further than it takes to see whom each of them is for: one that is
/// for somebody else leaves as the bytes it came as.
package struct HTTPRequestSplitter: Sendable {
    package enum Step: Hashable, Sendable {
        /// More bytes are wanted, or an answer to the request before.
        case wait
        /// The head of a request of the relay's; it has no body.
        case serve(ByteBuffer)
        /// All that follows is the relay's to read, and the connection ends with the next answer: a request with a
        /// body, or what cannot be told apart here.
        case pass(ByteBuffer)
        /// A request for somebody else, and all that came behind it.
        case handBack(ByteBuffer)
    }

    private enum State {
        case reading
        case serving
        case passing
        case gone
    }

    /// Bytes of a head that is looked for; one that goes on after them is the decoder's to refuse.
    package static let headLimit = 32 << 10

    /// The first component of the relay's addresses.
    private let relay: String
    /// Whether an address that begins so is somebody else's all the same.
    private let isElsewhere: @Sendable (_ method: Substring, _ components: [String]) -> Bool
    private var state = State.reading
    private var held = ByteBuffer()
    /// Bytes of `held` in which no head ends.
    private var searched = 0
    /// The host has decided that the first is the relay's; to argue would send it back and forth.
    private var isFirst: Bool

    /// - Parameters:
    ///   - relay: the first component of the relay's addresses.
    ///   - isFirst: whether nobody has asked for anything on the connection before.
    ///   - isElsewhere: whether an address that begins so is somebody else's all the same.
    package init(
        relay: String,
        isFirst: Bool = true,
        isElsewhere: @escaping @Sendable (_ method: Substring, _ components: [String]) -> Bool = { _, _ in false }
    ) {
        self.relay = relay
        self.isFirst = isFirst
        self.isElsewhere = isElsewhere
    }

    /// Bytes that came and went nowhere yet.
    package var waiting: Int { self.held.readableBytes }

    package var isPassing: Bool {
        if case .passing = self.state { true } else { false }
    }

    package mutating func append(_ bytes: ByteBuffer) {
        if self.held.readableBytes == 0 {
            self.held = bytes
        } else {
            self.held.writeImmutableBuffer(bytes)
        }
    }

    /// The answer to the request that was served is on its way.
    package mutating func answered() {
        if case .serving = self.state { self.state = .reading }
    }

    package mutating func next() -> Step {
        switch self.state {
        case .serving, .gone: return .wait
        case .passing: return self.held.readableBytes > 0 ? .pass(self.takeAll()) : .wait
        case .reading: break
        }
        self.skipEmptyLines()
        guard let length = self.headLength() else {
            guard self.held.readableBytes >= Self.headLimit else { return .wait }
            self.state = .passing
            return .pass(self.takeAll())
        }
        let head = String(buffer: self.held.getSlice(at: self.held.readerIndex, length: length) ?? ByteBuffer())
        let lines = head.parts(at: "\n").map { $0.without(suffix: "\r") ?? $0 }
        if !self.isFirst, let first = lines.first, !self.isOwn(first) {
            self.state = .gone
            return .handBack(self.takeAll())
        }
        self.isFirst = false
        if Self.mayHaveBody(lines) {
            self.state = .passing
            return .pass(self.takeAll())
        }
        self.state = .serving
        self.searched = 0
        let bytes = self.held.readSlice(length: length) ?? ByteBuffer()
        if self.held.readableBytes == 0 { self.held = ByteBuffer() }
        return .serve(bytes)
    }

    /// Those before a request are to be ignored (RFC 9112 section 2.2).
    private mutating func skipEmptyLines() {
        guard self.searched == 0 else { return }
        let count = self.held.readableBytesView.prefix { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }.count
        self.held.moveReaderIndex(forwardBy: count)
    }

    /// How long the head is, its empty line included; nil where it is not whole yet.
    private mutating func headLength() -> Int? {
        let bytes = self.held.readableBytesView
        var index = bytes.startIndex + self.searched
        while let end = bytes[index...].firstIndex(of: UInt8(ascii: "\n")) {
            let next = end + 1
            guard next < bytes.endIndex else { break }
            if bytes[next] == UInt8(ascii: "\n") { return next + 1 - bytes.startIndex }
            if bytes[next] == UInt8(ascii: "\r") {
                guard next + 1 < bytes.endIndex else { break }
                if bytes[next + 1] == UInt8(ascii: "\n") { return next + 2 - bytes.startIndex }
            }
            index = next
        }
        // The end of a line may be the first byte of what ends the head.
        self.searched = max(bytes.count - 3, 0)
        return nil
    }

    private mutating func takeAll() -> ByteBuffer {
        defer { self.held = ByteBuffer() }
        return self.held
    }

    /// Whether a request's first line asks for what is the relay's; one that cannot be read is, for the decoder refuses it.
    private func isOwn(_ line: Substring) -> Bool {
        let words = line.parts(at: " ")
        guard words.count == 3 else { return true }
        let components = HTTPTarget(words[1]).components ?? []
        return components.first?.isSame(as: self.relay) ?? false && !self.isElsewhere(words[0], components)
    }

    private static func mayHaveBody(_ lines: [Substring]) -> Bool {
        if lines.first?.begins(with: "CONNECT ") ?? false { return true }
        return lines.dropFirst().contains { line in
            let (name, value) = line.halves(at: ":")
            switch name.lowercased() {
            case "content-length":
                return value?.utf8.contains { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "0") } ?? true
            case "transfer-encoding", "upgrade": return true
            default: return false
            }
        }
    }
}

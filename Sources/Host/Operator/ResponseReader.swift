/// Reads one HTTP/1.1 response of ours, as it arrives (RFC 9112).
package struct ResponseReader: Sendable {
    package struct Response: Hashable, Sendable {
        package let status: Int
        package let contentType: String
        package let body: [UInt8]

        package init(status: Int, contentType: String, body: [UInt8]) {
            self.status = status
            self.contentType = contentType
            self.body = body
        }
    }

    private struct Head {
        var status: Int
        var contentType: String
        /// Bytes of the body; nil: all until the connection ends.
        var length: Int?
        var start: Int
    }

    private var bytes: [UInt8] = []
    private var head: Head?

    package static let headLimit = 16 << 10
    package static let bodyLimit = 64 << 20

    package init() {}

    /// Takes bytes that have arrived; the response once it is whole, nil until more come.
    package mutating func read(_ arrived: some Collection<UInt8>) throws(ResponseError) -> Response? {
        self.bytes.append(contentsOf: arrived)
        guard self.bytes.count <= Self.headLimit + Self.bodyLimit else { throw .tooLarge(limit: Self.bodyLimit) }
        if self.head == nil { self.head = try self.readHead() }
        guard let head = self.head, let length = head.length, self.bytes.count - head.start >= length else {
            return nil
        }
        return self.response(head, length)
    }

    /// The connection has ended.
    package func end() throws(ResponseError) -> Response {
        guard let head = self.head else { throw self.bytes.isEmpty ? .nothing : .cutOff }
        guard head.length == nil else { throw .cutOff }
        return self.response(head, self.bytes.count - head.start)
    }

    private func response(_ head: Head, _ length: Int) -> Response {
        Response(
            status: head.status,
            contentType: head.contentType,
            body: Array(self.bytes[head.start..<head.start + length])
        )
    }

    private func readHead() throws(ResponseError) -> Head? {
        guard let end = self.endOfHead else {
            guard self.bytes.count <= Self.headLimit else { throw .notHTTP }
            return nil
        }
        guard let text = String(validating: self.bytes[..<end], as: UTF8.self) else { throw .notHTTP }
        // A line ends in CR LF, which is one character to Swift.
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = lines[0].split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]), (100...599).contains(status)
        else { throw .notHTTP }
        var head = Head(status: status, contentType: "", length: nil, start: end + 4)
        for line in lines.dropFirst() {
            let halves = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2 else { throw .notHTTP }
            let value = halves[1].drop { $0 == " " }
            switch halves[0].lowercased() {
            case "content-type": head.contentType = String(value)
            case "content-length":
                guard let length = Int(value), length >= 0 else { throw .notHTTP }
                guard length <= Self.bodyLimit else { throw .tooLarge(limit: Self.bodyLimit) }
                head.length = length
            case "transfer-encoding": throw .notHTTP
            default: continue
            }
        }
        if status == 204 || status == 304 { head.length = 0 }
        return head
    }

    /// Where the empty line begins.
    private var endOfHead: Int? {
        let end = Array("\r\n\r\n".utf8)
        let searched = self.bytes.prefix(Self.headLimit + end.count)
        return searched.indices.first { searched[$0...].starts(with: end) }
    }
}

/// Why an answer cannot be used.
package enum ResponseError: Error, Hashable, Sendable, CustomStringConvertible {
    case nothing
    case cutOff
    case notHTTP
    case tooLarge(limit: Int)

    package var description: String {
        switch self {
        case .nothing: "the connection was closed without an answer"
        case .cutOff: "the answer broke off"
        case .notHTTP: "the answer is not one of a transponder; does another program listen there?"
        case .tooLarge(let limit): "the answer is longer than \(limit) bytes"
        }
    }
}

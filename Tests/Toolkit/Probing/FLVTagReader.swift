/// Reads an FLV stream as it comes, tag by tag, and forgives nothing.
package struct FLVTagReader: Sendable {
    package struct Tag: Hashable, Sendable {
        package let kind: UInt8
        /// ms.
        package let time: UInt32
        package let body: [UInt8]
    }

    package struct Broken: Error {
        let offset: Int
        let what: String
    }

    private static let headSize = 11
    private static let fileHeader = 13

    private var unread: [UInt8] = []
    private var offset = 0
    private var hasBegun = false

    package init() {}

    /// Every tag that is whole by now, in order.
    package mutating func read(_ bytes: some Collection<UInt8>) throws(Broken) -> [Tag] {
        self.unread += bytes
        var at = 0
        defer {
            self.unread.removeFirst(at)
            self.offset += at
        }
        if !self.hasBegun {
            guard self.unread.count >= Self.fileHeader else { return [] }
            guard self.unread.starts(with: Array("FLV".utf8)) else { throw self.broken(0, "no FLV header") }
            self.hasBegun = true
            at = Self.fileHeader
        }
        var tags: [Tag] = []
        while self.unread.count - at >= Self.headSize {
            let head = self.unread[at..<at + Self.headSize]
            let size = Self.number(head.dropFirst().prefix(3))
            guard [8, 9, 18].contains(head[at]), head.suffix(3).allSatisfy({ $0 == 0 }) else {
                throw self.broken(at, "no tag but \(Array(head))")
            }
            let end = at + Self.headSize + size
            guard self.unread.count >= end + 4 else { break }
            guard Self.number(self.unread[end..<end + 4]) == Self.headSize + size else {
                throw self.broken(at, "a tag of \(size) bytes ends with \(Array(self.unread[end..<end + 4]))")
            }
            let time = UInt32(head[at + 7]) << 24 | UInt32(Self.number(head.dropFirst(4).prefix(3)))
            tags.append(Tag(kind: head[at], time: time, body: Array(self.unread[at + Self.headSize..<end])))
            at = end + 4
        }
        return tags
    }

    private func broken(_ at: Int, _ what: String) -> Broken { Broken(offset: self.offset + at, what: what) }

    private static func number(_ bytes: some Sequence<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}

internal import NIOCore
package import Wire

/// The tags of an FLV file, over and over, with times that go on rising.
package struct FileSource: PublishSource {
    package let prelude: [FLVTag]
    private let tags: [FLVTag]
    /// What one pass lasts, in milliseconds.
    private let length: UInt32
    private var position = 0
    private var offset: UInt32 = 0

    /// Takes a whole FLV file; all of it is kept in memory.
    package init(_ file: [UInt8]) throws(FileSourceError) {
        var decoder = FLVTagDecoder(bodyLimit: file.count)
        var rest = ByteBuffer(bytes: file)
        var prelude: [FLVTag] = []
        var tags: [FLVTag] = []
        do {
            while let tag = try decoder.next(from: &rest) {
                if Self.isFrame(tag) {
                    tags.append(tag)
                } else if tags.isEmpty, !Self.endsSequence(tag) {
                    prelude.append(tag)
                }
            }
        } catch {
            throw .unreadable(error)
        }
        guard let first = tags.map(\.timestamp).min(), let last = tags.map(\.timestamp).max() else { throw .empty }
        let pictures = UInt32(tags.count { $0.kind == .video })
        self.prelude = prelude.map { FLVTag(kind: $0.kind, timestamp: 0, body: $0.body) }
        self.tags = tags.map { FLVTag(kind: $0.kind, timestamp: $0.timestamp - first, body: $0.body) }
        // The last picture lasts as long as the others did on average.
        self.length = last - first + (pictures > 0 ? max((last - first) / pictures, 1) : 33)
    }

    package mutating func next() -> FLVTag {
        if self.position == self.tags.count {
            self.position = 0
            self.offset &+= self.length
        }
        var tag = self.tags[self.position]
        tag.timestamp &+= self.offset
        self.position += 1
        return tag
    }

    private static func isFrame(_ tag: FLVTag) -> Bool {
        let start = tag.body.readerIndex
        guard let first = tag.body.getInteger(at: start, as: UInt8.self) else { return false }
        let second = tag.body.getInteger(at: start + 1, as: UInt8.self) ?? 0
        switch tag.kind {
        case .video: return FLVFrame.video(first, second) != .other
        case .audio: return FLVFrame.audio(first, second) != .other
        case .script: return false
        }
    }

    private static func endsSequence(_ tag: FLVTag) -> Bool {
        tag.kind == .video && tag.body.getInteger(at: tag.body.readerIndex + 1, as: UInt8.self) == 2
    }
}

package enum FileSourceError: Error, Hashable, Sendable, CustomStringConvertible {
    case unreadable(FLVError)
    case empty

    package var description: String {
        switch self {
        case .unreadable(let error): "it is no FLV file that can be read: \(error)"
        case .empty: "it has no audio or video in it"
        }
    }
}

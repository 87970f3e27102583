import Linux

/// Says when files that were changed are whole again: editors and tools write them in several steps, empty them first, or
/// put a link in their place. A file counts as whole once it holds something, nobody has it open to write to it, and it has
/// been the same at several looks.
///
/// What is compared is what is in the files: names, links and dates change in more ways than one.
package struct StillnessWatch: Sendable {
    /// What is in a file; nil where there is none, or it cannot be read.
    package typealias Contents = [String: [UInt8]?]

    /// Looks in a row at which nothing has changed.
    package static let looks = 3

    /// Bytes of a file that are compared.
    static let sizeLimit = 1 << 20

    private var inForce: Contents
    private var seen: Contents
    private var still = 0

    /// - Parameter inForce: What was in the files when they were last read.
    package init(inForce: Contents) {
        self.inForce = inForce
        self.seen = inForce
    }

    /// Whether nothing has changed at the last looks, so that the next has time.
    package var isStill: Bool { self.still >= Self.looks }

    /// - Parameters:
    ///   - contents: Of the files now.
    ///   - isBeingWritten: Whether somebody has one of them open to write to it.
    /// - Returns: Whether they are to be read again: they have changed since they were, and are whole.
    package mutating func look(_ contents: Contents, isBeingWritten: Bool) -> Bool {
        guard contents == self.seen, !isBeingWritten else {
            self.seen = contents
            self.still = 0
            return false
        }
        self.still = min(self.still + 1, Self.looks)
        // A file that is gone or empty is about to be there again, or somebody will ask for a reload and be told.
        guard self.still >= Self.looks, contents.values.allSatisfy({ $0.map { !$0.isEmpty } ?? false }) else {
            return false
        }
        // A file that was not named before was read when it came to be, and one that is named no more does not matter.
        let isChanged = contents.contains { path, bytes in self.inForce[path].map { $0 != bytes } ?? false }
        self.inForce = contents
        return isChanged
    }

    /// The files as they are now.
    package static func contents(of paths: some Sequence<String>) -> Contents {
        var contents: Contents = [:]
        for path in paths {
            contents.updateValue(self.bytes(of: path), forKey: path)
        }
        return contents
    }

    private static func bytes(of path: String) -> [UInt8]? {
        // Opening a pipe would wait for whoever writes to it.
        guard SmallFile.kind(of: path)?.isFile == true else { return nil }
        return try? SmallFile.bytes(of: path, limit: self.sizeLimit)
    }

    /// Whether somebody has one of the files open to write to it.
    package static func isBeingWritten(_ paths: some Sequence<String>) -> Bool {
        paths.contains { SmallFile.kind(of: $0)?.isFile == true && SmallFile.isBeingWritten($0) }
    }
}

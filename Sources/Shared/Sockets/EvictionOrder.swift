package import Linux

/// Says which connection is closed when there is no place for another: of the address that has most, the one that stands
/// first, which is the one of which nothing was heard for longest. Every operation takes constant time, so that a flood
/// costs no more for each connection than a quiet day does.
package struct EvictionOrder: Sendable {
    package typealias ConnectionID = UInt64
    package typealias Source = InternetAddress.Host

    private var sources: [ConnectionID: Source] = [:]
    private var connections: [Source: LinkedOrder<ConnectionID>] = [:]

    /// Sources by how many connections they have, those of equal number about in the order in which they came.
    private var sourcesByShare: [Int: LinkedOrder<Source>] = [:]

    /// Connections of the source that has most.
    package private(set) var greatestShare = 0

    package init() {}

    package var count: Int { self.sources.count }

    /// Whom to close; nil where there is nobody.
    package var next: ConnectionID? {
        guard let source = self.sourcesByShare[self.greatestShare]?.first else { return nil }
        return self.connections[source]?.first
    }

    /// Puts a connection behind all others of its source.
    package mutating func append(_ id: ConnectionID, of source: Source) {
        self.remove(id)
        self.sources[id] = source
        self.change(source) { $0.append(id) }
    }

    /// - Returns: whether it was there.
    @discardableResult
    package mutating func remove(_ id: ConnectionID) -> Bool {
        guard let source = self.sources.removeValue(forKey: id) else { return false }
        self.change(source) { $0.remove(id) }
        return true
    }

    private mutating func change(_ source: Source, _ body: (inout LinkedOrder<ConnectionID>) -> Void) {
        var own = self.connections[source] ?? LinkedOrder()
        // Not kept in the dictionary meanwhile, or the order would be copied.
        self.connections[source] = nil
        let before = own.count
        body(&own)
        let after = own.count
        if after > 0 { self.connections[source] = own }
        self.sourcesByShare[before]?.remove(source)
        if self.sourcesByShare[before]?.isEmpty ?? false { self.sourcesByShare[before] = nil }
        // One that had more is likely to have been here for longer.
        if after > before {
            self.sourcesByShare[after, default: LinkedOrder()].append(source)
        } else if after > 0 {
            self.sourcesByShare[after, default: LinkedOrder()].prepend(source)
        }
        self.greatestShare = max(self.greatestShare, after)
        // A source loses one connection at a time, so the greatest share falls by one at most.
        if self.greatestShare > 0, self.sourcesByShare[self.greatestShare] == nil { self.greatestShare -= 1 }
    }
}

/// Members in the order in which they came; one is found, added and taken out in constant time wherever it stands.
package struct LinkedOrder<Member: Hashable & Sendable>: Sendable {
    private struct Links {
        var previous: Member?
        var next: Member?
    }

    private var links: [Member: Links] = [:]

    /// The one that came first.
    package private(set) var first: Member?
    private var last: Member?

    package init() {}

    package var count: Int { self.links.count }
    package var isEmpty: Bool { self.links.isEmpty }

    /// Puts a member behind all others, wherever it stood before.
    package mutating func append(_ member: Member) {
        self.remove(member)
        self.links[member] = Links(previous: self.last, next: nil)
        if let last { self.links[last]?.next = member } else { self.first = member }
        self.last = member
    }

    /// Puts a member before all others, wherever it stood before.
    package mutating func prepend(_ member: Member) {
        self.remove(member)
        self.links[member] = Links(previous: nil, next: self.first)
        if let first { self.links[first]?.previous = member } else { self.last = member }
        self.first = member
    }

    /// - Returns: whether it was there.
    @discardableResult
    package mutating func remove(_ member: Member) -> Bool {
        guard let links = self.links.removeValue(forKey: member) else { return false }
        if let previous = links.previous { self.links[previous]?.next = links.next } else { self.first = links.next }
        if let next = links.next { self.links[next]?.previous = links.previous } else { self.last = links.previous }
        return true
    }
}

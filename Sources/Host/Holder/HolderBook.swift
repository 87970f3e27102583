/// What is held for a host, by number. `Item` is what is held of each.
package struct HolderBook<Item: Sendable>: Sendable {
    package struct Entry: Sendable {
        package fileprivate(set) var thing: HeldThing
        package let item: Item
    }

    private var entries: [UInt64: Entry] = [:]

    package init() {}

    package var count: Int { self.entries.count }

    /// In the order in which they came to be held.
    package var all: [(number: UInt64, entry: Entry)] {
        self.entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Takes something new; of what is held already, what is said of it.
    ///
    /// - Returns: what is not held in the end, for the caller to close.
    package mutating func hold(_ number: UInt64, _ thing: HeldThing, _ item: Item?) -> Item? {
        if self.entries[number] != nil {
            self.entries[number]?.thing = thing
            return item
        }
        if let item { self.entries[number] = Entry(thing: thing, item: item) }
        return nil
    }

    /// - Returns: what was held, for the caller to close.
    package mutating func drop(_ number: UInt64) -> Item? { self.entries.removeValue(forKey: number)?.item }
}

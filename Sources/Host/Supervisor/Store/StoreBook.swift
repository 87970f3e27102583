package import Contract
package import Linux

/// What a relay has stored with its host. It outlives the relay's instances. `Item` is what the host holds of each.
package struct StoreBook<Item: Sendable>: Sendable {
    /// Tells what is stored from all else, whoever has a descriptor of it.
    package enum Identity: Hashable, Sendable {
        case memory(SealedMemory.Identity)
        case connection(SocketCookie)
        case datagrams(SocketCookie)

        var kind: StoredDescriptor.Kind {
            switch self {
            case .memory: .memory
            case .connection: .connection
            case .datagrams: .datagrams
            }
        }
    }

    package struct Entry: Sendable {
        package fileprivate(set) var stored: StoredDescriptor
        package let identity: Identity
        package let item: Item
        /// Bytes of memory that can be addressed.
        package let size: Int
        /// What the host said of a connection when it first gave it away.
        package let handover: Handover?
        /// Never given to another entry.
        package let serial: UInt64
        /// Whether the instance that has it was given it by the host.
        fileprivate var wasRestored = false
        /// Instances in a row that were given it and died young.
        fileprivate var deaths = 0
    }

    package enum Outcome: Hashable, Sendable {
        /// It is kept, and its entry has this serial number.
        case kept(serial: UInt64)
        /// It was kept already, and has its new label.
        case labelled
        /// It is not kept, for want of room.
        case declined
        /// The number is not known, or not any more: there is nothing to be labelled.
        case unknown
        /// The relay lies, as the sentence says.
        case lie(String)
    }

    private let limits: StoreLimits
    private var entries: [UInt64: Entry] = [:]
    /// The number of each, by what it is and by its entry's serial number.
    private var numbers: [Identity: UInt64] = [:]
    private var serials: [UInt64: UInt64] = [:]
    private var lastSerial: UInt64 = 0
    /// Bytes of memory that can be addressed.
    private var size = 0
    package private(set) var memories = 0
    /// UDP sockets.
    package private(set) var sockets = 0

    package init(limits: StoreLimits = StoreLimits()) {
        self.limits = limits
    }

    package var count: Int { self.entries.count }
    package var connections: Int { self.count - self.memories - self.sockets }

    /// Memory first, for what is written down in it says what the rest is, and connections last; each in the order of its numbers.
    package var all: [Entry] {
        self.entries.values.sorted { ($0.order, $0.stored.number) < ($1.order, $1.stored.number) }
    }

    package func entry(of number: UInt64) -> Entry? { self.entries[number] }

    // MARK: What the relay says

    /// A new label for what is stored already.
    package mutating func label(_ stored: StoredDescriptor) -> Outcome {
        if let lie = Self.fault(of: stored) { return .lie(lie) }
        guard let entry = self.entries[stored.number] else { return .unknown }
        guard entry.stored.kind == stored.kind else { return .lie(Self.changed(stored)) }
        self.entries[stored.number]?.stored = stored
        return .labelled
    }

    /// Something to be kept, or what is kept already with a new label.
    ///
    /// - Parameters:
    ///   - stored: What the relay says of it.
    ///   - identity: What it is.
    ///   - size: Bytes that can be addressed, of memory.
    ///   - handover: What the host said of a connection.
    ///   - memoryLimit: Bytes that the relay's container may use.
    ///   - item: Kept if the outcome says so.
    /// - Returns: What came of it.
    package mutating func store(
        _ stored: StoredDescriptor,
        _ identity: Identity,
        size: Int = 0,
        handover: Handover? = nil,
        memoryLimit: Int,
        _ item: Item
    ) -> Outcome {
        if let lie = Self.fault(of: stored) { return .lie(lie) }
        guard stored.kind == identity.kind else {
            return .lie("It stored something that is not what it says it is.")
        }
        if let number = self.numbers[identity], number != stored.number {
            return .lie("It stored one thing under two numbers, \(number) and \(stored.number).")
        }
        if let entry = self.entries[stored.number] {
            guard entry.identity == identity else { return .lie(Self.changed(stored)) }
            self.entries[stored.number]?.stored = stored
            return .labelled
        }
        switch stored.kind {
        case .connection: break
        case .datagrams:
            guard self.sockets < self.limits.sockets else { return .declined }
            self.sockets += 1
        case .memory:
            let (sum, isOver) = self.size.addingReportingOverflow(size)
            guard self.memories < self.limits.memories, !isOver,
                size <= Self.product(memoryLimit, self.limits.oneFactor),
                sum <= Self.product(memoryLimit, self.limits.sizeFactor)
            else { return .declined }
            self.size = sum
            self.memories += 1
        }
        self.lastSerial += 1
        self.entries[stored.number] = Entry(
            stored: stored,
            identity: identity,
            item: item,
            size: size,
            handover: handover,
            serial: self.lastSerial
        )
        self.numbers[identity] = stored.number
        self.serials[self.lastSerial] = stored.number
        return .kept(serial: self.lastSerial)
    }

    // MARK: What is let go of; closing it is for who holds no lock

    package mutating func remove(number: UInt64) -> Item? {
        guard let entry = self.entries.removeValue(forKey: number) else { return nil }
        self.numbers[entry.identity] = nil
        self.serials[entry.serial] = nil
        switch entry.identity {
        case .memory:
            self.size -= entry.size
            self.memories -= 1
        case .datagrams: self.sockets -= 1
        case .connection: break
        }
        return entry.item
    }

    package mutating func remove(serial: UInt64) -> Item? {
        self.serials[serial].flatMap { self.remove(number: $0) }
    }

    package mutating func remove(_ identity: Identity) -> Item? {
        self.numbers[identity].flatMap { self.remove(number: $0) }
    }

    package mutating func removeAll() -> [Item] {
        defer {
            self.entries = [:]
            self.numbers = [:]
            self.serials = [:]
            self.size = 0
            self.memories = 0
            self.sockets = 0
        }
        return self.all.map(\.item)
    }

    /// Some of the connections and UDP sockets, whichever.
    package mutating func shed() -> [Item] {
        let some = self.entries.values.lazy.filter { $0.stored.kind != .memory }.prefix(self.limits.shedding)
        return Array(some.map(\.stored.number)).compactMap { self.remove(number: $0) }
    }

    // MARK: Instances

    /// An instance is given all of it.
    package mutating func restore() -> [Entry] {
        for number in self.entries.keys { self.entries[number]?.wasRestored = true }
        return self.all
    }

    /// The instance that had it is dead.
    ///
    /// - Parameter young: Whether it died so soon after it was given what there was that it may have died of it.
    /// - Returns: What too many instances have died of, which is not kept any more.
    package mutating func died(young: Bool) -> [Item] {
        var fatal: [UInt64] = []
        for (number, entry) in self.entries {
            let deaths = young && entry.wasRestored ? entry.deaths + 1 : 0
            self.entries[number]?.deaths = deaths
            self.entries[number]?.wasRestored = false
            if deaths >= self.limits.deaths { fatal.append(number) }
        }
        return fatal.sorted().compactMap { self.remove(number: $0) }
    }

    // MARK: Faults

    private static func fault(of stored: StoredDescriptor) -> String? {
        let size = stored.label.utf8.count
        guard size > ControlLimits.label else { return nil }
        return "It stored something with a label of \(size) bytes, over the limit of \(ControlLimits.label)."
    }

    private static func changed(_ stored: StoredDescriptor) -> String {
        "It stored something else under the number \(stored.number), which is in use."
    }

    private static func product(_ bytes: Int, _ factor: Int) -> Int {
        let (product, isOver) = bytes.multipliedReportingOverflow(by: factor)
        return isOver ? .max : product
    }
}

extension StoreBook.Entry {
    fileprivate var order: Int {
        switch self.stored.kind {
        case .memory: 0
        case .datagrams: 1
        case .connection: 2
        }
    }
}

package import Linux

/// Connections of one kind that may be closed for others, at most so many. Somebody who comes is never refused: whoever
/// has to go is said instead.
///
/// Those that have come on lately go last, so that a crowd that arrives in one moment and says what it wants is not closed
/// for those who came before it and say nothing.
package struct AdmissionLimit: Sendable {
    package typealias ConnectionID = EvictionOrder.ConnectionID

    /// Connections at once, and how many of these are kept for the machine itself.
    package struct Places: Hashable, Sendable {
        package var count: Int
        package var reserved: Int

        package init(_ count: Int, reserved: Int = 0) {
            self.count = max(count, 1)
            // At least one is for everybody.
            self.reserved = min(max(reserved, 0), self.count - 1)
        }
    }

    /// A connection of which nothing was heard for so long is closed before any that was heard of.
    package static let quietLimit = Duration.seconds(1)

    private struct Member: Sendable {
        let host: InternetAddress.Host
        var heard: MonotonicInstant
    }

    /// Of the machine itself, and of all others.
    private struct Orders: Sendable {
        var heard = EvictionOrder()
        var silent = EvictionOrder()

        var count: Int { self.heard.count + self.silent.count }
        var next: ConnectionID? { self.silent.next ?? self.heard.next }

        mutating func remove(_ id: ConnectionID) {
            if !self.heard.remove(id) { self.silent.remove(id) }
        }
    }

    package var places: Places
    private var members: [ConnectionID: Member] = [:]
    private var own = Orders()
    private var others = Orders()
    /// Of those that were heard of lately, the one of which that is longest ago is the first.
    private var lately = LinkedOrder<ConnectionID>()

    package init(_ places: Places) {
        self.places = places
    }

    package var count: Int { self.members.count }

    /// Most connections that one address has.
    package var greatestShare: Int {
        max(
            self.own.heard.greatestShare,
            self.own.silent.greatestShare,
            self.others.heard.greatestShare,
            self.others.silent.greatestShare
        )
    }

    /// Gives a connection a place.
    ///
    /// - Returns: those that lose theirs, and are to be closed.
    package mutating func admit(
        _ id: ConnectionID,
        from host: InternetAddress.Host,
        now: MonotonicInstant
    ) -> [ConnectionID] {
        self.age(now)
        var evicted: [ConnectionID] = []
        let shared = self.places.count - self.places.reserved
        if !host.isLoopback {
            while self.others.count >= shared, let next = self.others.next { evicted += self.evict(next) }
        }
        while self.count >= self.places.count, let next = self.next { evicted += self.evict(next) }
        self.members[id] = Member(host: host, heard: now)
        self.change(host) { $0.heard.append(id, of: host.block) }
        self.lately.append(id)
        return evicted
    }

    /// The connection has come a step further.
    package mutating func hear(_ id: ConnectionID, now: MonotonicInstant) {
        guard let member = self.members[id] else { return }
        self.members[id]?.heard = now
        self.change(member.host) { orders in
            orders.silent.remove(id)
            orders.heard.append(id, of: member.host.block)
        }
        self.lately.append(id)
    }

    /// - Returns: whether it was there.
    @discardableResult
    package mutating func leave(_ id: ConnectionID) -> Bool {
        guard let member = self.members.removeValue(forKey: id) else { return false }
        self.change(member.host) { $0.remove(id) }
        self.lately.remove(id)
        return true
    }

    /// Closes one to make room for something else.
    package mutating func makeRoom(now: MonotonicInstant) -> ConnectionID? {
        self.age(now)
        return self.next.flatMap { self.evict($0).first }
    }

    private mutating func evict(_ id: ConnectionID) -> [ConnectionID] { self.leave(id) ? [id] : [] }

    /// Who goes when all places are taken: of the greedier side, but nobody of the machine itself while it has no more than
    /// is kept for it.
    private var next: ConnectionID? {
        guard self.own.count > self.places.reserved else { return self.others.next ?? self.own.next }
        guard let stranger = self.others.next else { return self.own.next }
        if self.own.silent.count == 0, self.others.silent.count > 0 { return stranger }
        if self.others.silent.count == 0, self.own.silent.count > 0 { return self.own.next }
        let isOwnGreedier =
            max(self.own.heard.greatestShare, self.own.silent.greatestShare)
            > max(self.others.heard.greatestShare, self.others.silent.greatestShare)
        return isOwnGreedier ? self.own.next : stranger
    }

    private mutating func age(_ now: MonotonicInstant) {
        while let id = self.lately.first, let member = self.members[id],
            member.heard.advanced(by: Self.quietLimit) <= now
        {
            self.lately.remove(id)
            self.change(member.host) { orders in
                orders.heard.remove(id)
                orders.silent.append(id, of: member.host.block)
            }
        }
    }

    private mutating func change(_ host: InternetAddress.Host, _ body: (inout Orders) -> Void) {
        if host.isLoopback { body(&self.own) } else { body(&self.others) }
    }
}

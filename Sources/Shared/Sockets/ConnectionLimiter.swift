package import Contract
package import Linux
import Synchronization

/// Limits the connections that are open at once, and closes unused ones for new ones.
///
/// A connection that says nothing keeps nobody out: it is closed for one that says what it wants, however many there are.
package final class ConnectionLimiter: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Connections of every kind.
        package var total: Int
        /// Connections of each protocol that have neither published, played nor asked for anything.
        package var undecided: Int
        /// Of ``undecided``, places that are kept for the machine itself.
        package var reserved: Int
        /// Connections that have asked for something and may ask for more.
        package var idle: Int
        /// Connections that wait for a relay, and those that were sent away and may read why; each.
        package var waiting: Int

        package init(total: Int, undecided: Int, reserved: Int = 0, idle: Int? = nil, waiting: Int? = nil) {
            self.total = total
            self.undecided = undecided
            self.reserved = reserved
            self.idle = idle ?? undecided
            self.waiting = waiting ?? undecided
        }

        func places(of account: Account) -> AdmissionLimit.Places {
            switch account {
            case .undecided: .init(self.undecided, reserved: self.reserved)
            case .idle: .init(self.idle, reserved: self.reserved)
            case .answering: .init(self.total)
            case .waiting, .leaving: .init(self.waiting, reserved: self.reserved)
            }
        }
    }

    /// What a connection is doing that may be closed for others.
    package enum Account: Hashable, Sendable {
        /// It has not said what it wants.
        case undecided(Handover.Stage)
        /// It is between two requests.
        case idle
        /// It is being answered.
        case answering
        /// It waits for a relay to be ready.
        case waiting
        /// It was sent away and may read why.
        case leaving

        var closure: ConnectionClosure {
            switch self {
            case .undecided: .undecided
            case .idle: .idle
            case .answering, .leaving: .answering
            case .waiting: .waiting
            }
        }
    }

    /// Viewers and publishers have every place.
    package struct Full: Error, Hashable, Sendable {}

    private struct Member {
        let host: InternetAddress.Host
        let stage: Handover.Stage?
        /// Nil: it publishes or plays.
        var account: Account?
        var onEviction: (@Sendable () -> Void)?
    }

    private struct State {
        var limits: Limits
        var members: [UInt64: Member] = [:]
        var accounts: [Account: AdmissionLimit] = [:]
        var next: UInt64 = 0
        var closed: [Handover.Stage: [ConnectionClosure: UInt64]] = [:]
        var refused: UInt64 = 0
        var crowded: MonotonicInstant?
    }

    private let state: Mutex<State>

    package init(limits: Limits) {
        self.state = Mutex(State(limits: limits))
    }

    /// Other limits for those who come from now on.
    package func setLimits(_ limits: Limits) {
        self.state.withLock { state in
            state.limits = limits
            for account in state.accounts.keys { state.accounts[account]?.places = limits.places(of: account) }
        }
    }

    package var open: Int { self.state.withLock { $0.members.count } }

    package var undecided: Int {
        self.state.withLock { state in
            Handover.Stage.allCases.reduce(0) { $0 + (state.accounts[.undecided($1)]?.count ?? 0) }
        }
    }

    /// Connections that were closed or refused because their places were wanted.
    package var refused: UInt64 { self.state.withLock { $0.refused } }

    package var snapshot: AdmissionSnapshot {
        self.state.withLock { state in
            let undecided = Handover.Stage.allCases.compactMap { stage in
                state.accounts[.undecided(stage)].map { (stage, $0.count) }
            }
            return AdmissionSnapshot(
                undecided: Dictionary(uniqueKeysWithValues: undecided),
                closed: state.closed,
                crowded: state.crowded.map { Instant(microseconds: $0.nanoseconds / 1000) }
            )
        }
    }

    /// Counts a connection that was closed for what it did, or did not do.
    package func note(_ closure: ConnectionClosure, of stage: Handover.Stage) {
        self.state.withLock { $0.closed[stage, default: [:]][closure, default: 0] += 1 }
    }

    /// Takes in a new connection, which has yet to say what it wants. Others are closed for it.
    ///
    /// - Parameters:
    ///   - host: where the connection comes from.
    ///   - stage: what is spoken on it; nil: it has said what it wants.
    ///   - elsewhere: connections that count against the total and are not open here any more.
    ///   - now: the instant at which it came.
    /// - Returns: the connection's ticket; it counts as open for as long as the ticket lives.
    /// - Throws: where viewers and publishers have every place.
    package func admit(
        from host: InternetAddress.Host,
        _ stage: Handover.Stage?,
        elsewhere: Int = 0,
        now: MonotonicInstant = MonotonicClock.now
    ) throws(Full) -> Ticket {
        let (id, evictions) = self.state.withLock { state -> (UInt64?, [@Sendable () -> Void]) in
            var evictions: [@Sendable () -> Void] = []
            while elsewhere >= state.limits.total - state.members.count {
                guard let eviction = Self.makeRoom(&state, now) else {
                    Self.count(.total, stage, &state, now)
                    return (nil, evictions)
                }
                evictions.append(eviction)
            }
            state.next += 1
            state.members[state.next] = Member(host: host, stage: stage, account: nil)
            if let stage { evictions += Self.move(state.next, to: .undecided(stage), &state, now) }
            return (state.next, evictions)
        }
        for eviction in evictions { eviction() }
        guard let id else { throw Full() }
        return Ticket(id: id, limiter: self)
    }

    /// Closes a connection that may be closed, for want of something else than places.
    ///
    /// - Returns: whether there was one.
    package func makeRoom(now: MonotonicInstant = MonotonicClock.now) -> Bool {
        let evictions = self.state.withLock { state -> [@Sendable () -> Void] in
            Self.makeRoom(&state, now).map { [$0] } ?? []
        }
        for eviction in evictions { eviction() }
        return !evictions.isEmpty
    }

    // MARK: Under the lock

    private static func makeRoom(_ state: inout State, _ now: MonotonicInstant) -> (@Sendable () -> Void)? {
        let shares = state.accounts.map { (account: $0.key, share: $0.value.greatestShare) }.filter { $0.share > 0 }
        guard let account = shares.max(by: { $0.share < $1.share })?.account,
            let id = state.accounts[account]?.makeRoom(now: now)
        else { return nil }
        return Self.evict(id, from: account, &state, now)
    }

    private static func move(
        _ id: UInt64,
        to account: Account?,
        _ state: inout State,
        _ now: MonotonicInstant
    ) -> [@Sendable () -> Void] {
        guard let member = state.members[id], member.account != account else { return [] }
        if let former = member.account { state.accounts[former]?.leave(id) }
        state.members[id]?.account = account
        guard let account else { return [] }
        let places = state.limits.places(of: account)
        let evicted = state.accounts[account, default: AdmissionLimit(places)].admit(id, from: member.host, now: now)
        return evicted.map { Self.evict($0, from: account, &state, now) }
    }

    /// Forgets a connection that has lost its place, and says what closes it.
    private static func evict(
        _ id: UInt64,
        from account: Account,
        _ state: inout State,
        _ now: MonotonicInstant
    ) -> @Sendable () -> Void {
        let member = state.members.removeValue(forKey: id)
        Self.count(account.closure, member?.stage, &state, now)
        guard let onEviction = member?.onEviction else { return {} }
        return onEviction
    }

    private static func count(
        _ closure: ConnectionClosure,
        _ stage: Handover.Stage?,
        _ state: inout State,
        _ now: MonotonicInstant
    ) {
        state.refused += 1
        state.crowded = now
        if let stage { state.closed[stage, default: [:]][closure, default: 0] += 1 }
    }

    // MARK: Tickets

    fileprivate func move(_ id: UInt64, to account: Account?) {
        let now = MonotonicClock.now
        let evictions = self.state.withLock { Self.move(id, to: account, &$0, now) }
        for eviction in evictions { eviction() }
    }

    fileprivate func note(_ closure: ConnectionClosure, of id: UInt64) {
        self.state.withLock { state in
            guard let stage = state.members[id]?.stage else { return }
            state.closed[stage, default: [:]][closure, default: 0] += 1
        }
    }

    fileprivate func hear(_ id: UInt64) {
        let now = MonotonicClock.now
        self.state.withLock { state in
            guard let account = state.members[id]?.account else { return }
            state.accounts[account]?.hear(id, now: now)
        }
    }

    fileprivate func whenEvicted(_ id: UInt64, _ body: @escaping @Sendable () -> Void) {
        let (isThere, former) = self.state.withLock { state in
            let former = state.members[id]?.onEviction
            state.members[id]?.onEviction = body
            return (state.members[id] != nil, former)
        }
        // What it captured may have an end of its own: not under the lock.
        withExtendedLifetime(former) {}
        if !isThere { body() }
    }

    fileprivate func leave(_ id: UInt64) {
        let former = self.state.withLock { state -> Member? in
            guard let member = state.members.removeValue(forKey: id) else { return nil }
            if let account = member.account { state.accounts[account]?.leave(id) }
            return member
        }
        withExtendedLifetime(former) {}
    }

    /// One connection's place, given back when the ticket goes.
    package final class Ticket: Sendable {
        private let id: UInt64
        private let limiter: ConnectionLimiter

        fileprivate init(id: UInt64, limiter: ConnectionLimiter) {
            self.id = id
            self.limiter = limiter
        }

        /// The connection publishes or plays: it is closed for nobody any more.
        package func decide() { self.limiter.move(self.id, to: nil) }

        /// The connection does something else from here on. Others may be closed for it.
        package func move(to account: Account) { self.limiter.move(self.id, to: account) }

        /// The connection has come a step further on the way to say what it wants.
        package func hear() { self.limiter.hear(self.id) }

        /// Counts that the connection is closed for what it did, or did not do.
        package func note(_ closure: ConnectionClosure) { self.limiter.note(closure, of: self.id) }

        /// Closes the connection once its place is another's, which may be the case already. Called from any thread; of
        /// several bodies the last one counts.
        package func whenEvicted(_ body: @escaping @Sendable () -> Void) { self.limiter.whenEvicted(self.id, body) }

        deinit { self.limiter.leave(self.id) }
    }
}

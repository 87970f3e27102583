import Contract

/// Browsers that may use the console: each was logged in by a link with a code, which is good once and not for long.
struct BrowserSessions: Sendable {
    /// From the printing of a link to its being opened.
    static let codeLife = Duration.seconds(10 * 60)

    /// From being logged in to being asked for a link again: a day at a venue.
    static let sessionLife = Duration.seconds(16 * 60 * 60)

    /// Links that may be open at once, and browsers; the oldest makes room.
    static let codeLimit = 16
    static let sessionLimit = 64

    private struct Code: Sendable {
        let text: Secret
        let expires: Instant
    }

    private struct Session: Sendable {
        let id: Secret
        /// A cookie does not know ports: a browser shows it to everything at the same host, relays included. Whoever sees
        /// it there comes from elsewhere.
        let host: String
        let expires: Instant
    }

    private var codes: [Code] = []
    private var sessions: [Session] = []

    mutating func add(code: Secret, now: Instant) {
        self.expire(now)
        self.codes.append(Code(text: code, expires: now + Self.codeLife))
        if self.codes.count > Self.codeLimit { self.codes.removeFirst() }
    }

    /// Exchanges a code for a session.
    ///
    /// - Parameters:
    ///   - code: What the link says.
    ///   - host: Who opened it; the session is good from there alone.
    ///   - id: Of the session that it becomes.
    ///   - now: The time.
    /// - Returns: Whether the code was good. It is used up then.
    mutating func open(with code: some StringProtocol, from host: String, as id: Secret, now: Instant) -> Bool {
        self.expire(now)
        guard let index = self.codes.firstIndex(where: { $0.text.matches(code) }) else { return false }
        self.codes.remove(at: index)
        self.sessions.append(Session(id: id, host: host, expires: now + Self.sessionLife))
        if self.sessions.count > Self.sessionLimit { self.sessions.removeFirst() }
        return true
    }

    func admits(_ id: some StringProtocol, from host: String, now: Instant) -> Bool {
        self.sessions.contains { $0.id.matches(id) && $0.host == host && now < $0.expires }
    }

    private mutating func expire(_ now: Instant) {
        self.codes.removeAll { $0.expires <= now }
        self.sessions.removeAll { $0.expires <= now }
    }
}

/// How often somebody may be told that a token or a code is wrong. Who shows the right one is never kept waiting.
struct WrongAttempts: Sendable {
    /// Within ``interval``; then nothing is looked at for the rest of it.
    static let limit = 20
    static let interval = Duration.seconds(60)

    private var since: Instant?
    private var count = 0

    /// Counts one.
    ///
    /// - Returns: Nil while there are not too many; or the time until the next is looked at.
    mutating func note(now: Instant) -> Duration? {
        guard let since = self.since, now < since + Self.interval else {
            self.since = now
            self.count = 1
            return nil
        }
        guard self.count >= Self.limit else {
            self.count += 1
            return nil
        }
        return since + Self.interval - now
    }
}

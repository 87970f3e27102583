import Contract
import Events
import Web

extension EventQuery {
    /// Reads `after`, `since`, `until`, `relay` and `limit`. A time is RFC 3339, or how long ago it was: `90s`, `10m`, `2h`, `1d`.
    init(_ query: HTTPQuery, now: ClockReading) throws(ApiProblem) {
        self.init(
            after: try Self.number(query, "after").map { Int(clamping: $0) },
            since: try Self.time(query, "since", now),
            until: try Self.time(query, "until", now),
            relay: query["relay"],
            limit: Int(clamping: try Self.number(query, "limit") ?? Int64(Self.standardLimit))
        )
    }

    private static func number(_ query: HTTPQuery, _ name: String) throws(ApiProblem) -> Int64? {
        guard let text = query[name] else { return nil }
        guard let number = Int64(text), number >= 0 else {
            throw ApiProblem(.badRequest, "'\(name)' must be a whole number.")
        }
        return number
    }

    private static func time(_ query: HTTPQuery, _ name: String, _ now: ClockReading) throws(ApiProblem) -> Int64? {
        guard let text = query[name] else { return nil }
        if let unix = EventTime.unix(text) { return unix }
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        if let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            (0...100_000_000).contains(count)
        {
            return now.unix - count * unit * 1_000_000
        }
        throw ApiProblem(
            .badRequest,
            "'\(name)' is no time; write 2026-12-05T14:00:00Z, or how long ago it was: 90s, 10m, 2h, 1d."
        )
    }
}

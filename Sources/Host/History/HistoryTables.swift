internal import Events
internal import GRDB

/// The tables of the history, and what is asked of them.
enum HistoryTables {
    /// Times are µs since 1970-01-01 UTC; minutes are counted from there.
    static let sql = """
        CREATE TABLE IF NOT EXISTS event (
            id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, level TEXT NOT NULL,
            relay TEXT NOT NULL, subject TEXT NOT NULL, sentence TEXT NOT NULL, code TEXT, cause TEXT, seconds REAL,
            actor TEXT
        ) STRICT;
        CREATE INDEX IF NOT EXISTS event_at ON event (at);
        CREATE INDEX IF NOT EXISTS event_relay_at ON event (relay, at);
        CREATE TABLE IF NOT EXISTS venue_minute (
            relay TEXT NOT NULL, venue TEXT NOT NULL, minute INTEGER NOT NULL, reports INTEGER NOT NULL,
            latency_least REAL, latency_median REAL, latency_most REAL, stalls INTEGER NOT NULL, state TEXT NOT NULL,
            PRIMARY KEY (relay, minute, venue)
        ) STRICT, WITHOUT ROWID;
        """

    /// Bytes of a sentence that are kept.
    private static let sentenceLimit = 1024

    static func insert(_ row: HistoryRow, into database: Database) throws {
        switch row {
        case .event(let numbered):
            let event = numbered.event
            try database.execute(
                sql: """
                    INSERT INTO event (at, kind, level, relay, subject, sentence, code, cause, seconds, actor)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    numbered.unix, event.kind.rawValue, event.level.rawValue, event.relay, event.subject,
                    String(event.sentence.prefix(self.sentenceLimit)), event.code, event.cause, event.seconds,
                    event.actor,
                ]
            )
        case .minute(let row):
            let figures = row.figures
            try database.execute(
                sql: "INSERT OR REPLACE INTO venue_minute VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    row.relay, figures.venue, row.minute, figures.reports, figures.leastLatency, figures.medianLatency,
                    figures.mostLatency, figures.stalls, figures.state,
                ]
            )
        }
    }

    static func removeOldestTenth(of database: Database) throws {
        for (table, column) in [("event", "at"), ("venue_minute", "minute")] {
            let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? 0
            guard
                let bound = try Int64.fetchOne(
                    database,
                    sql: "SELECT \(column) FROM \(table) ORDER BY \(column) LIMIT 1 OFFSET ?",
                    arguments: [count / 10]
                )
            else { continue }
            try database.execute(sql: "DELETE FROM \(table) WHERE \(column) <= ?", arguments: [bound])
        }
    }

    // MARK: - Reading

    /// The newest of those that are asked for, or with `after` the next; the oldest first.
    static func events(
        _ query: EventQuery,
        withHost: Bool = false,
        from database: Database
    ) throws -> [RecordedEvent] {
        var conditions: [String] = []
        var arguments = StatementArguments()
        func ask(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        ask("id > ?", query.after)
        ask("at >= ?", query.since)
        ask("at < ?", query.until)
        ask(withHost ? "(relay = ? OR kind = 'host')" : "relay = ?", query.relay)
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        let order = query.after == nil ? "at DESC, id DESC" : "id"
        arguments += [query.limit]
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT * FROM event \(filter) ORDER BY \(order) LIMIT ?",
            arguments: arguments
        )
        let events = rows.compactMap(Self.event)
        return query.after == nil ? events.reversed() : events
    }

    /// The last of each kind and subject before a time: how everything was then.
    static func states(of relay: String, before time: Int64, in database: Database) throws -> [RecordedEvent] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM event WHERE id IN (
                    SELECT max(id) FROM event
                    WHERE relay = ? AND at < ? AND kind IN ('stream', 'source', 'venue') GROUP BY kind, subject
                ) AND at > coalesce(
                    (SELECT max(at) FROM event WHERE kind = 'host' AND code IN (?, ?) AND at < ?), 0
                ) ORDER BY at
                """,
            arguments: [relay, time, HostEvent.Code.started, HostEvent.Code.ended, time]
        )
        return rows.compactMap(Self.event)
    }

    static func minutes(
        of relay: String,
        since: Int64,
        until: Int64,
        from database: Database
    ) throws -> [VenueMinute] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM venue_minute WHERE relay = ? AND minute >= ? AND minute < ? ORDER BY minute LIMIT ?
                """,
            arguments: [relay, since / 60_000_000, until / 60_000_000 + 1, EventQuery.mostRows]
        )
        return rows.map { row in
            let minute: Int64 = row["minute"]
            return VenueMinute(
                at: EventTime.text(minute.multipliedReportingOverflow(by: 60_000_000).partialValue),
                venue: row["venue"],
                reports: row["reports"],
                leastLatency: row["latency_least"],
                medianLatency: row["latency_median"],
                mostLatency: row["latency_most"],
                stalls: row["stalls"],
                state: row["state"]
            )
        }
    }

    /// A session begins with the first source after so long without any.
    private static let pause: Int64 = 3 * 3_600_000_000
    /// How far back the beginning is looked for.
    private static let reach: Int64 = 7 * 86_400_000_000

    static func sessionStart(of relay: String, before until: Int64, in database: Database) throws -> Int64 {
        let times = try Int64.fetchAll(
            database,
            sql: """
                SELECT at FROM event WHERE relay = ? AND kind IN ('source', 'stream') AND at >= ? AND at < ?
                ORDER BY at DESC LIMIT ?
                """,
            arguments: [relay, until - self.reach, until, EventQuery.mostRows]
        )
        guard var start = times.first else { return until - 3_600_000_000 }
        for time in times.dropFirst() {
            // A stream that was on air all the time has no events in between.
            guard start - time < self.pause else { break }
            start = time
        }
        return start
    }

    /// Nil for a row of a kind that this version does not know.
    private static func event(_ row: Row) -> RecordedEvent? {
        guard let kind = HostEvent.Kind(rawValue: row["kind"]), let level = HostEvent.Level(rawValue: row["level"])
        else { return nil }
        let event = HostEvent(
            kind: kind,
            level: level,
            subject: row["subject"],
            sentence: row["sentence"],
            code: row["code"],
            cause: row["cause"],
            seconds: row["seconds"],
            actor: row["actor"]
        )
        return RecordedEvent(id: row["id"], unix: row["at"], event)
    }
}

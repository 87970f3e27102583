internal import Events
internal import Foundation
internal import GRDB
internal import Linux

/// The database that the history is kept in. Every call may block, for as long as the disk or another program makes it.
final class HistoryFile: Sendable {
    static let name = "history.sqlite"

    /// Says whose database it is, and in which form (`PRAGMA application_id`, `user_version`).
    private static let application = 0x5452_5053
    private static let form = 1

    /// How long another program that holds the file is waited for.
    private static let patience = 2.0

    private let database: DatabaseQueue

    private init(_ database: DatabaseQueue) {
        self.database = database
    }

    /// Opens the one in the directory, or makes it. What is another program's is not changed.
    static func open(in directory: String) throws(HistoryFailure) -> HistoryFile {
        do {
            var configuration = GRDB.Configuration()
            configuration.busyMode = .timeout(Self.patience)
            configuration.label = "history"
            let path = "\(directory)/\(Self.name)"
            // Empty, it is a new database, which is nobody else's to read: addresses stand in it. Where it cannot be made,
            // SQLite says why.
            if SmallFile.kind(of: path) == nil { try? SmallFile.write("", to: path) }
            let database = try DatabaseQueue(path: path, configuration: configuration)
            try database.writeWithoutTransaction { database in try self.prepare(database) }
            return HistoryFile(database)
        } catch let failure as HistoryFailure {
            throw failure
        } catch {
            throw self.failure(error, directory)
        }
    }

    private static func prepare(_ database: Database) throws {
        let application = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let form = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        if tables > 0 {
            guard application == self.application, form == self.form else { throw HistoryFailure.foreign }
            guard try String.fetchOne(database, sql: "PRAGMA quick_check(1)") == "ok" else {
                throw HistoryFailure.damaged
            }
        } else {
            // Takes effect only before the first table.
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
        }
        try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
        // Each event takes four pages of the log: at SQLite's own thousand it would fill a small disk by itself, and what
        // was written into it while the disk was full would never be given back.
        try database.execute(
            sql: """
                PRAGMA wal_autocheckpoint = \(self.logPages); PRAGMA journal_size_limit = \(self.logPages * 4096)
                """
        )
        try database.inTransaction(.immediate) {
            try database.execute(sql: HistoryTables.sql)
            try database.execute(sql: "PRAGMA application_id = \(self.application); PRAGMA user_version = \(self.form)")
            return .commit
        }
    }

    /// SQLite tells of a full disk in several ways; the disk itself in one.
    private static func failure(_ error: any Error, _ directory: String) -> HistoryFailure {
        let failure = HistoryFailure(error)
        switch failure {
        case .trouble(.failing), .trouble(.unopenable):
            let facts = try? FileManager.default.attributesOfFileSystem(forPath: directory)
            let free = (facts?[.systemFreeSize] as? NSNumber)?.int64Value ?? .max
            return free < self.leastSpace ? .trouble(.full) : failure
        case .trouble, .damaged, .foreign: return failure
        }
    }

    /// Pages that the log has before what stands in it is moved to where it belongs.
    private static let logPages = 64

    /// Bytes that SQLite needs for a page of its log and what belongs to it.
    private static let leastSpace: Int64 = 64 << 10

    private static func run<Value>(
        in directory: String,
        _ body: () throws -> Value
    ) throws(HistoryFailure) -> Value {
        do {
            return try body()
        } catch {
            throw self.failure(error, directory)
        }
    }

    // MARK: - Writing

    /// Writes, once more where no space is left and the log may give some back: it may be the log that has taken it.
    private func change(in directory: String, _ body: () throws -> Void) throws(HistoryFailure) {
        do throws(HistoryFailure) {
            try Self.run(in: directory, body)
        } catch {
            guard error == .trouble(.full) else { throw error }
            try Self.run(in: directory) { try self.emptyLog() }
            try Self.run(in: directory, body)
        }
    }

    private func emptyLog() throws {
        try self.database.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
    }

    func write(_ rows: [HistoryRow], in directory: String) throws(HistoryFailure) {
        try self.change(in: directory) {
            try self.database.write { database in
                for row in rows { try HistoryTables.insert(row, into: database) }
            }
        }
    }

    /// Removes what is too old, and the oldest where it is too much; gives the disk back what that frees.
    func clear(before oldest: Int64, size: Int, in directory: String) throws(HistoryFailure) {
        try self.change(in: directory) {
            try self.database.write { database in
                try database.execute(sql: "DELETE FROM event WHERE at < ?", arguments: [oldest])
                try database.execute(sql: "DELETE FROM venue_minute WHERE minute < ?", arguments: [oldest / 60_000_000])
            }
            for _ in 0..<Self.clearings where try self.used() > size {
                try self.database.write { database in try HistoryTables.removeOldestTenth(of: database) }
            }
            try self.database.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA incremental_vacuum")
            }
            try self.emptyLog()
        }
    }

    /// Tenths that are removed in one clearing; each leaves nine tenths.
    private static let clearings = 30

    /// Bytes of pages that hold something.
    private func used() throws -> Int {
        try self.database.read { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
            let size = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096
            return max(pages - free, 0) * size
        }
    }

    func close() { try? self.database.close() }

    /// Bytes on the disk.
    static func size(in directory: String) -> Int {
        ["", "-wal"].reduce(0) { sum, suffix in
            let facts = try? FileManager.default.attributesOfItem(atPath: "\(directory)/\(Self.name)\(suffix)")
            return sum + ((facts?[.size] as? NSNumber)?.intValue ?? 0)
        }
    }

    /// Puts what is no history of ours out of the way.
    ///
    /// - Returns: Where it is now.
    static func moveAside(in directory: String, unix: Int64) throws(HistoryFailure) -> String {
        let time = EventTime.text(unix).filter { $0.isNumber || $0 == "T" }
        let new = "\(directory)/\(Self.name).damaged-\(time)"
        do throws(LinuxError) {
            for suffix in ["-wal", "-shm"] where SmallFile.kind(of: "\(directory)/\(Self.name)\(suffix)") != nil {
                try SmallFile.rename("\(directory)/\(Self.name)\(suffix)", to: new + suffix)
            }
            try SmallFile.rename("\(directory)/\(Self.name)", to: new)
            return new
        } catch {
            throw .trouble(error.isFull ? .full : .unopenable)
        }
    }

    // MARK: - Reading

    func events(_ query: EventQuery, in directory: String) throws(HistoryFailure) -> [RecordedEvent] {
        try Self.run(in: directory) {
            try self.database.read { database in try HistoryTables.events(query, from: database) }
        }
    }

    func report(of relay: String, since: Int64?, until: Int64, in directory: String) throws(HistoryFailure)
        -> RelayReport
    {
        try Self.run(in: directory) {
            try self.database.read { database in
                let start = try since ?? HistoryTables.sessionStart(of: relay, before: until, in: database)
                let query = EventQuery(since: start, until: until, relay: relay, limit: EventQuery.mostRows)
                let events = try HistoryTables.events(query, withHost: true, from: database)
                var maker = ReportMaker(relay: relay, since: start, until: until)
                return maker.report(
                    prior: try HistoryTables.states(of: relay, before: start, in: database),
                    events: events,
                    minutes: try HistoryTables.minutes(of: relay, since: start, until: until, from: database),
                    shortened: events.count >= EventQuery.mostRows
                )
            }
        }
    }
}

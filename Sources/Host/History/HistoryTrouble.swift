package import Contract
internal import GRDB

/// Why nothing can be written down just now.
package enum HistoryTrouble: Hashable, Sendable {
    /// No space is left where it lies.
    case full
    /// Another program holds it.
    case locked
    case readOnly
    /// It cannot be opened or made.
    case unopenable
    /// It cannot be read or written, for another reason than these.
    case failing(String)

    /// As reports name it.
    package var cause: HistoryCause {
        switch self {
        case .full: .full
        case .locked: .locked
        case .readOnly: .readOnly
        case .unopenable: .unopenable
        case .failing: .failing
        }
    }

    /// For a person; `directory` is where the history lies.
    func sentence(_ directory: String) -> String {
        switch self {
        case .full: "The history cannot be written: no space left on \(directory); free some."
        case .locked: "The history cannot be written: another program holds \(directory)/\(HistoryFile.name)."
        case .readOnly: "The history cannot be written: \(directory) may only be read."
        case .unopenable: "The history cannot be opened: is \(directory) there, and may this user write to it?"
        case .failing(let reason): "The history cannot be written: \(reason) (\(directory))."
        }
    }
}

/// What became of a try to open or to write.
enum HistoryFailure: Error, Hashable {
    case trouble(HistoryTrouble)
    /// The file is no history, or not a whole one.
    case damaged
    /// The file is another program's, or of a later version.
    case foreign

    init(_ error: any Error) {
        guard let error = error as? DatabaseError else {
            self = .trouble(.failing("\(error)"))
            return
        }
        self =
            switch error.resultCode {
            case .SQLITE_FULL: .trouble(.full)
            case .SQLITE_BUSY, .SQLITE_LOCKED: .trouble(.locked)
            case .SQLITE_READONLY, .SQLITE_PERM: .trouble(.readOnly)
            case .SQLITE_CANTOPEN: .trouble(.unopenable)
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .damaged
            default: .trouble(.failing(error.message ?? "SQLite gave up"))
            }
    }
}

/// Why the history cannot be read: a sentence for a person.
package struct HistoryUnavailable: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ sentence: String) {
        self.description = sentence
    }
}

package import Contract
import Foundation
import Linux

/// Why the state directory cannot be used, and what to do.
package enum StateError: StartFailure, Hashable, Sendable, CustomStringConvertible {
    case cannotWrite(String, reason: String)
    case cannotRead(String, reason: String)
    case notADirectory(String)
    case notOurs(String, owner: UInt32, us: UInt32)
    case tooOpen(String, mode: Int)
    case badKey(String, SecretError)

    package var description: String {
        switch self {
        case .cannotWrite(let path, let reason):
            "Cannot write \(path) (\(reason)); \(reason.contains("space") ? "free some" : "name a directory of yours with --state")."
        case .cannotRead(let path, let reason):
            "Cannot read \(path) (\(reason)); it must belong to the user that runs the relay."
        case .notADirectory(let path):
            "\(path) is a file, not a directory; name another with --state."
        case .notOurs(let path, let owner, let us):
            "\(path) belongs to user \(owner), not to user \(us) who runs the relay; give it over with chown \(us)."
        case .tooOpen(let path, let mode):
            "Others may look into \(path) (mode \(String(mode, radix: 8))); close it with chmod go= \(path)."
        case .badKey(let path, let error):
            "\(path) does not hold a key (\(error)); remove it and a new one is made."
        }
    }

    /// Another user or other modes may do, or else another directory.
    package var exitCode: Int32 {
        switch self {
        case .cannotWrite(_, let reason) where reason.contains("space"): ExitStatus.cannotCreate
        case .cannotWrite, .cannotRead, .notOurs, .tooOpen: ExitStatus.noPermission
        case .notADirectory, .badKey: ExitStatus.cannotCreate
        }
    }

    /// What became of writing a file or making a directory.
    package static func writing(_ path: String, _ error: any Error) -> StateError {
        .cannotWrite(path, reason: self.reason(error))
    }

    static func reason(_ error: any Error) -> String {
        if let error = error as? LinuxError { return self.reason(error) }
        return switch (error as? CocoaError)?.code {
        case .fileWriteNoPermission, .fileReadNoPermission: "permission denied"
        case .fileNoSuchFile, .fileReadNoSuchFile: "no such directory"
        case .fileWriteVolumeReadOnly: "the file system is read-only"
        case .fileWriteOutOfSpace: "no space left on the disk that it lies on"
        default: error.localizedDescription
        }
    }

    private static func reason(_ error: LinuxError) -> String {
        error.isFull ? "no space left on the disk that it lies on" : error.reason.lowercased()
    }
}

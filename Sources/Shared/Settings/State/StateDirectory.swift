package import Contract
import Foundation
import Glibc
import Linux

/// The directory that outlives processes: keys now, history and recordings later. Only its owner may look in.
package struct StateDirectory: Sendable {
    package let path: String

    /// Makes the directory where it is missing. One that is there may be open to others, as a mounted volume is; what
    /// lies below it may not.
    package init(preparing path: String) throws(StateError) {
        self.path = path
        try Self.makeDirectory(path)
    }

    /// A relay's publish key, made from the system's randomness on the first start.
    package func publishKey(of relay: RelayName) throws(StateError) -> KeptKey {
        let directory = "\(self.path)/relays/\(relay)"
        for part in ["\(self.path)/relays", directory] {
            try Self.makeDirectory(part)
            try Self.checkPrivate(part)
        }
        return try Self.key(at: "\(directory)/publish_key")
    }

    /// Puts a new publish key in the place of a relay's, which is worth nothing from then on.
    package func renewPublishKey(of relay: RelayName) throws(StateError) -> KeptKey {
        let file = try self.publishKey(of: relay).file
        return KeptKey(secret: try Self.renewKey(in: file, isNamed: false), file: file, isNew: true)
    }

    /// The same where the configuration names a file for it.
    package static func renewKey(in file: String, isNamed: Bool = true) throws(StateError) -> Secret {
        var random = SystemRandomNumberGenerator()
        let secret = Secret.random(using: &random)
        try KeyFile.replace(file, by: secret, isNamed: isNamed)
        return secret
    }

    /// The token that callers of the API show, made like a publish key.
    package func apiToken() throws(StateError) -> KeptKey {
        try Self.key(at: "\(self.path)/api_token")
    }

    private static func key(at file: String) throws(StateError) -> KeptKey {
        if FileManager.default.fileExists(atPath: file) {
            return try KeptKey(secret: Self.readKey(file), file: file, isNew: false)
        }
        var random = SystemRandomNumberGenerator()
        let secret = Secret.random(using: &random)
        do {
            try Self.writeKey(secret, to: file)
        } catch CocoaError.fileWriteFileExists {
            // Another process was first; its key is the key.
            return try KeptKey(secret: Self.readKey(file), file: file, isNew: false)
        } catch {
            throw .writing(file, error)
        }
        return KeptKey(secret: secret, file: file, isNew: true)
    }

    private static func writeKey(_ secret: Secret, to file: String) throws {
        let draft = "\(file).\(getpid()).new"
        let manager = FileManager.default
        try? manager.removeItem(atPath: draft)
        defer { try? manager.removeItem(atPath: draft) }
        try SmallFile.write(secret.revealed + "\n", to: draft)
        // A link appears whole or not at all, and never replaces a key that is there.
        try manager.linkItem(atPath: draft, toPath: file)
    }

    private static func readKey(_ file: String) throws(StateError) -> Secret {
        try self.checkPrivate(file)
        guard let data = FileManager.default.contents(atPath: file) else {
            throw .cannotRead(file, reason: "permission denied or not a file")
        }
        guard let text = String(validating: data.prefix(Secret.lengthLimit + 2), as: UTF8.self) else {
            throw .badKey(file, .forbiddenCharacter)
        }
        do {
            return try Secret(text.trimmingCharacters(in: .whitespacesAndNewlines))
        } catch let error {
            throw .badKey(file, error)
        }
    }

    private static func makeDirectory(_ path: String) throws(StateError) {
        let manager = FileManager.default
        switch SmallFile.kind(of: path)?.isDirectory {
        case false: throw .notADirectory(path)
        case true:
            guard manager.isWritableFile(atPath: path) else { throw .cannotWrite(path, reason: "permission denied") }
        case nil:
            do {
                let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
                try manager.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: attributes)
            } catch {
                throw .writing(path, error)
            }
        }
    }

    /// It must be ours and closed to others. The group is let in: Kubernetes' `fsGroup` gives it rights on every start.
    private static func checkPrivate(_ path: String) throws(StateError) {
        let attributes: [FileAttributeKey: Any]
        do {
            attributes = try FileManager.default.attributesOfItem(atPath: path)
        } catch {
            throw .cannotRead(path, reason: StateError.reason(error))
        }
        if let owner = (attributes[.ownerAccountID] as? NSNumber)?.uint32Value, owner != geteuid() {
            throw .notOurs(path, owner: owner, us: geteuid())
        }
        if let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue, mode & 0o007 != 0 {
            throw .tooOpen(path, mode: mode)
        }
    }
}

/// A key and where it is kept.
package struct KeptKey: Equatable, Sendable {
    package let secret: Secret
    package let file: String

    /// Whether it was made just now, and so has never been shown.
    package let isNew: Bool

    package init(secret: Secret, file: String, isNew: Bool) {
        self.secret = secret
        self.file = file
        self.isNew = isNew
    }
}

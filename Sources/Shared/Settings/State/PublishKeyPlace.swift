import Contract
import Foundation
import Glibc
import Linux

/// Where a publish key of the configuration stands, and so what another one would have to be written to.
package enum PublishKeyPlace: Hashable, Sendable {
    /// A file of its own, which `publish_key_file` names.
    case file(String)
    /// The file of settings or a variable, which are the operator's to write.
    case setting(SettingOrigin)
}

/// Puts another key in the place of the one in a file, in one step: who reads it finds the old one or the new one.
enum KeyFile {
    /// - Parameters:
    ///   - path: The file.
    ///   - secret: The new key.
    ///   - isNamed: Somebody else made the file: its owner and mode stay, and a link to it stays one.
    /// - Throws: Where the file, or another beside it, cannot be written.
    static func replace(_ path: String, by secret: Secret, isNamed: Bool) throws(StateError) {
        let file = isNamed ? URL(filePath: path).resolvingSymlinksInPath().path : path
        let draft = "\(file).\(getpid()).new"
        let manager = FileManager.default
        try? manager.removeItem(atPath: draft)
        defer { try? manager.removeItem(atPath: draft) }
        do {
            try SmallFile.write(secret.revealed + "\n", to: draft)
            if isNamed { try manager.setAttributes(Self.kept(of: file), ofItemAtPath: draft) }
            try SmallFile.rename(draft, to: file)
        } catch {
            throw .writing(path, error)
        }
    }

    /// What a file keeps of who may read it.
    private static func kept(of file: String) throws -> [FileAttributeKey: Any] {
        let all = try FileManager.default.attributesOfItem(atPath: file)
        let owners: [FileAttributeKey] = [.ownerAccountID, .groupOwnerAccountID]
        // Nobody but root may give a file away.
        let kept = [.posixPermissions] + (geteuid() == 0 ? owners : [])
        return all.filter { kept.contains($0.key) }
    }
}

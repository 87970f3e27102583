import Foundation

/// What a path leads to, links followed. Nil where it leads nowhere.
enum FileKind {
    case directory, other

    init?(of path: String) {
        let target = URL(filePath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: target) else { return nil }
        self = attributes[.type] as? FileAttributeType == .typeDirectory ? .directory : .other
    }
}

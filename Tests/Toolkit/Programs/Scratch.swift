package import Foundation
import Glibc
import Synchronization

/// A temporary directory that goes away with the value, or at the latest when the process exits.
package final class Scratch: Sendable {
    package let directory: URL

    package init(_ purpose: String = "test") throws {
        self.directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("transponder-\(purpose)-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: self.directory, withIntermediateDirectories: true)
        _ = Self.atExit
        Self.alive.withLock { _ = $0.insert(self.directory) }
    }

    deinit {
        Self.alive.withLock { _ = $0.remove(self.directory) }
        try? FileManager.default.removeItem(at: self.directory)
    }

    private static let alive = Mutex<Set<URL>>([])
    private static let atExit: Void = {
        atexit {
            for directory in Scratch.alive.withLock({ $0 }) { try? FileManager.default.removeItem(at: directory) }
        }
    }()

    package func file(_ name: String) -> URL { self.directory.appendingPathComponent(name) }

    /// Writes a file and tells its path.
    package func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
        let url = self.file(name)
        try Data(bytes).write(to: url)
        return url.path
    }
}

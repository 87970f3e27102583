package import Foundation

/// Where the package's sources and what was built of them are.
package enum Checkout {
    /// The directory of Package.swift.
    package static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A program built beside the running tests.
    package static func product(_ name: String) throws(ProgramError) -> String {
        let running = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let built = self.root.appendingPathComponent(".build/debug")
        let named = ProcessInfo.processInfo.environment["TRANSPONDER_PRODUCTS"].map { URL(fileURLWithPath: $0) }
        for directory in [named, running, built].compactMap({ $0 }) {
            let path = directory.appendingPathComponent(name).path
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        throw .notStarted(name, reason: "it is not in \(running.path): build it first, as swift build does")
    }
}

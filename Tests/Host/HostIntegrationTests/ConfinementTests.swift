import Foundation
import Testing
import Toolkit

/// What a relay has given up by the time it serves, as the kernel tells it.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ConfinementTests {
    private static func status(of process: Int32) throws -> [String: String] {
        let text = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let pairs = text.split(separator: "\n").compactMap { line -> (String, String)? in
            let parts = line.split(separator: ":", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces)) : nil
        }
        return Dictionary(pairs) { first, _ in first }
    }

    @Test func withoutAContainerARelayCanStillStartNoProgram() async throws {
        let host = try await HostUnderTest.start(isolation: "none")
        let status = try Self.status(of: try await host.relayProcess())
        #expect(status["NoNewPrivs"] == "1")
        #expect(status["Seccomp"] == "2")
        _ = try await host.stop()
    }

    /// The runtime's filter, which has to let it be started, and its own.
    @Test func inAContainerThereIsNothingToRun() async throws {
        let host = try await HostUnderTest.start()
        let process = try await host.relayProcess()
        let status = try Self.status(of: process)
        #expect(status["Seccomp"] == "2")
        if let filters = status["Seccomp_filters"] { #expect(Int(filters) ?? 0 >= 2) }
        let root = "/proc/\(process)/root"
        let manager = FileManager.default
        for path in ["/usr/bin", "/bin/sh", "/usr/share", "/sbin", "/usr/libexec"] {
            #expect(!manager.fileExists(atPath: root + path), "\(path)")
        }
        // All there is are libraries, and the loader.
        let files = manager.enumerator(atPath: root + "/usr")?.allObjects.compactMap { $0 as? String } ?? []
        let names = files.map { URL(filePath: $0).lastPathComponent }.filter { $0.contains(".so") }
        #expect(names.contains { $0.hasPrefix("libavformat.so.") })
        #expect(names.contains { $0.hasPrefix("libc.so.") })
        for file in files where !file.contains(".so") {
            let kind = try manager.attributesOfItem(atPath: "\(root)/usr/\(file)")[.type] as? FileAttributeType
            #expect(kind == .typeDirectory, "\(file)")
        }
        _ = try await host.stop()
    }
}

internal import FoundationEssentials
internal import Linux

/// The shared libraries a program loads, as the system's own loader finds them.
///
/// A release is linked with Swift's libraries inside and needs only what is below /usr. A debug build, or one by
/// somebody else, needs those of the toolchain: they are bound in, file by file, so that what lies beside them is not.
package struct SharedLibraries: Hashable, Sendable {
    /// By name, those that are not where the loader looks by itself inside a container.
    let elsewhere: [String: String]

    #if arch(arm64)
        static let loader = "/lib/ld-linux-aarch64.so.1"
    #else
        static let loader = "/lib64/ld-linux-x86-64.so.2"
    #endif

    static func needed(by program: String) async throws(RuntimeError) -> SharedLibraries {
        var command = Command(Self.loader, ["--list", program])
        command.environment["LD_LIBRARY_PATH"] = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"]
        command.outputLimit = 1 << 20
        let outcome: Command.Outcome
        do throws(LinuxError) {
            outcome = try await command.run(within: .seconds(10))
        } catch {
            throw RuntimeError(.failed, "Cannot find out which libraries \(program) needs (\(error)).")
        }
        // A program without libraries is none the loader will load.
        guard outcome.hasSucceeded else { return SharedLibraries(elsewhere: [:]) }
        let list = Self.parse(outcome.output)
        guard list.missing.isEmpty else {
            let names = list.missing.joined(separator: ", ")
            throw RuntimeError(.missing, "\(program) needs \(names), which this machine does not have: install it.")
        }
        return SharedLibraries(elsewhere: list.found.filter { !Self.isVisible($0.value, link: SmallFile.link) })
    }

    /// `libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x…)`, `libz.so.1 => not found`.
    package static func parse(_ text: String) -> (found: [String: String], missing: [String]) {
        var found: [String: String] = [:]
        var missing: [String] = []
        for line in text.split(separator: "\n") {
            guard let arrow = line.firstRange(of: " => ") else { continue }
            let name = line[..<arrow.lowerBound].trimmingNewline
            let place = line[arrow.upperBound...]
            if place.hasPrefix("/"), let end = place.firstRange(of: " (0x")?.lowerBound {
                found[name] = String(place[..<end])
            } else if place.hasPrefix("not found") {
                missing.append(name)
            }
        }
        return (found, missing)
    }

    /// Whether a library is found inside too: below what is bound in, and not by way of a link that leads out of it, as
    /// those of update-alternatives do.
    package static func isVisible(_ path: String, link: (String) -> String?) -> Bool {
        var path = path
        for _ in 0..<8 {
            guard RootFileSystem.hostEntries.contains(where: { path.hasPrefix("/\($0)/") }) else { return false }
            guard let target = link(path) else { return true }
            if target.hasPrefix("/") {
                path = target
            } else {
                let folder = path.split(separator: "/").dropLast()
                path = "/" + Self.resolved(folder + target.split(separator: "/")).joined(separator: "/")
            }
        }
        return false
    }

    private static func resolved(_ parts: [Substring]) -> [Substring] {
        parts.reduce(into: []) { path, part in
            switch part {
            case ".": break
            case "..": _ = path.popLast()
            default: path.append(part)
            }
        }
    }
}

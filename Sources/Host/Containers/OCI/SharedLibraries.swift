internal import FoundationEssentials
internal import Linux

/// The shared libraries a program loads, as the system's own loader finds them: when it starts, and those that it says it
/// loads once they are needed.
///
/// They are bound into its root file by file, so that what lies beside them is not.
package struct SharedLibraries: Hashable, Sendable {
    /// Those that the loader looks for where it does outside: the path inside, and the host's file.
    let standard: [String: String]

    /// By name, those that are elsewhere, such as the toolchain's of a debug build.
    let elsewhere: [String: String]

    static let none = SharedLibraries(standard: [:], elsewhere: [:])

    #if arch(arm64)
        static let loader = "/lib/ld-linux-aarch64.so.1"
    #else
        static let loader = "/lib64/ld-linux-x86-64.so.2"
    #endif

    /// What a program is asked for the names of the libraries that it loads later: one a line. One that knows no such option
    /// loads none.
    private static let option = "--libraries"

    static func needed(by program: String) async throws(RuntimeError) -> SharedLibraries {
        let variable = "LD_LIBRARY_PATH"
        let path = ProcessInfo.processInfo.environment[variable]
        var question = Command(program, [Self.option])
        question.environment[variable] = path
        let answer = try await Self.run(question, program)
        let later = answer.hasSucceeded ? Self.names(in: answer.output) : []
        let preload = later.isEmpty ? [] : ["--preload", later.joined(separator: " ")]
        var command = Command(Self.loader, ["--list"] + preload + [program])
        command.environment[variable] = path
        command.outputLimit = 1 << 20
        let outcome = try await Self.run(command, program)
        // A program without libraries is none the loader will load.
        guard outcome.hasSucceeded else { return .none }
        let list = Self.parse(outcome.output)
        guard list.missing.isEmpty else {
            let names = list.missing.joined(separator: ", ")
            throw RuntimeError(.missing, "\(program) needs \(names), which this machine does not have: install it.")
        }
        return SharedLibraries(found: list.found)
    }

    private init(standard: [String: String], elsewhere: [String: String]) {
        self.standard = standard
        self.elsewhere = elsewhere
    }

    /// Of what the loader has found, by name. It loads itself, too.
    init(found: [String: String]) {
        let isStandard = { (path: String) in
            RootFileSystem.hostEntries.contains { path.hasPrefix("/\($0)/") }
        }
        let paths = found.values.filter(isStandard) + [Self.loader]
        self.standard = Dictionary(paths.map { ($0, $0) }) { first, _ in first }
        self.elsewhere = found.filter { !isStandard($0.value) }
    }

    private static func run(_ command: Command, _ program: String) async throws(RuntimeError) -> Command.Outcome {
        do throws(LinuxError) {
            return try await command.run(within: .seconds(10))
        } catch {
            throw RuntimeError(.failed, "Cannot find out which libraries \(program) needs (\(error)).")
        }
    }

    /// Words that are file names of libraries; whatever else a program says is none.
    package static func names(in text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init).filter { name in
            name.hasPrefix("lib") && name.contains(".so") && name.utf8.count < 128
                && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
        }
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
}

import Foundation

/// What a container leaves on a machine where it is not cleared away.
enum Traces {
    /// Mounts, control groups and directories with the instance's name in their path.
    static func of(_ instance: String) -> [String] {
        let mounts = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
        var found = mounts.split(separator: "\n").filter { $0.contains(instance) }.map(String.init)
        for root in ["/sys/fs/cgroup", "/run/transponder"] {
            let names = FileManager.default.enumerator(atPath: root)
            while let name = names?.nextObject() as? String {
                // A control group can have very many files; only directories bear an instance's name.
                if name.hasSuffix(instance) { found.append("\(root)/\(name)") }
                if (names?.level ?? 0) > 4 { names?.skipDescendants() }
            }
        }
        return found
    }

    static func isAlive(_ process: Int32) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return !status.contains(") Z ")
    }

    /// Asks until a process has ended that is another's child: nobody tells a test of it.
    static func end(of process: Int32) async throws {
        while Self.isAlive(process) { try await Task.sleep(for: .milliseconds(5)) }
    }
}

/// Where the tests can have containers.
enum Machine {
    static let runsContainers =
        getuid() == 0
        && ["/usr/sbin/runc", "/usr/bin/runc"].contains { FileManager.default.isExecutableFile(atPath: $0) }
}

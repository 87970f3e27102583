internal import FoundationEssentials

/// Reads what the kernel says of processes in `/proc` (proc(5)).
enum ProcessTree {
    /// The processes given and all their descendants that live, in no particular order.
    static func members(of roots: [Int]) -> [Int] {
        var found: [Int] = []
        var open = roots
        while let process = open.popLast() {
            guard !found.contains(process) else { continue }
            found.append(process)
            for thread in Self.threads(of: process) {
                let children = Self.text("/proc/\(process)/task/\(thread)/children") ?? ""
                open += children.split(separator: " ").compactMap { Int($0) }
            }
        }
        return found
    }

    static func threads(of process: Int) -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        return names.compactMap { Int($0) }
    }

    static func exists(_ process: Int) -> Bool { Self.text("/proc/\(process)/stat") != nil }

    static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The number after `name:` in a file of such lines.
    static func number(_ name: String, in text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
            return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
        }
        return nil
    }
}

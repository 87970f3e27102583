/// What is mounted where in this process's view (proc_pid_mountinfo(5)).
package enum MountTable {
    package struct Entry: Hashable, Sendable {
        package let path: String
        /// `ext4`, `cgroup2` …
        package let kind: String
        /// Of the file system: `rw,memory` for a version 1 control group hierarchy.
        package let options: [String]
    }

    package static func entries(at file: String = "/proc/self/mountinfo") -> [Entry] {
        let text = (try? SmallFile.read(file, limit: 16 << 20)) ?? ""
        return text.split(separator: "\n").compactMap(Self.entry)
    }

    package static func entry(_ line: some StringProtocol) -> Entry? {
        let words = Substring(line).split(separator: " ")
        guard let dash = words.firstIndex(of: "-"), words.count > dash + 3, dash > 5 else { return nil }
        return Entry(
            path: Self.unescaped(words[4]),
            kind: String(words[dash + 1]),
            options: words[dash + 3].split(separator: ",").map(String.init)
        )
    }

    package static func isMountPoint(_ path: String) -> Bool {
        Self.entries().contains { $0.path == path }
    }

    /// Blanks and backslashes are written as three octal digits.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

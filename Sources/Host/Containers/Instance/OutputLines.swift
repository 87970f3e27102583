/// Cuts what an instance says into lines. It may say anything, and as much as it likes: long lines are cut, and beyond so
/// many in a second they are counted and left out.
package struct OutputLines {
    package static let lengthLimit = 4096
    package static let linesPerSecond = 500

    private var pending: [UInt8] = []
    private var isCut = false
    private var second: Int64 = 0
    private var taken = 0
    private var leftOut = 0

    package init() {}

    /// The whole lines among what has come.
    package mutating func take(_ bytes: some Sequence<UInt8>, now nanoseconds: Int64) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                self.end(&lines, nanoseconds)
            } else if self.pending.count < Self.lengthLimit {
                self.pending.append(byte)
            } else {
                self.isCut = true
            }
        }
        return lines
    }

    /// Takes the last line, which no line break has ended.
    package mutating func finish(now nanoseconds: Int64) -> [String] {
        var lines: [String] = []
        if !self.pending.isEmpty { self.end(&lines, nanoseconds) }
        self.tellOmission(&lines)
        return lines
    }

    private mutating func end(_ lines: inout [String], _ nanoseconds: Int64) {
        let second = nanoseconds / 1_000_000_000
        if second != self.second {
            self.second = second
            self.taken = 0
            self.tellOmission(&lines)
        }
        if self.taken < Self.linesPerSecond {
            self.taken += 1
            lines.append(String(decoding: self.pending, as: UTF8.self) + (self.isCut ? " …" : ""))
        } else {
            self.leftOut += 1
        }
        self.pending.removeAll(keepingCapacity: true)
        self.isCut = false
    }

    private mutating func tellOmission(_ lines: inout [String]) {
        guard self.leftOut > 0 else { return }
        lines.append("(\(self.leftOut) more lines left out)")
        self.leftOut = 0
    }
}

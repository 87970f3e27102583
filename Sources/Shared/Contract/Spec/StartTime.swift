/// When a session is meant to begin: a date with its distance from UTC (RFC 3339), such as `2026-12-05T14:00:00+09:00`.
package struct StartTime: Hashable, Sendable, Comparable {
    /// Seconds since 1970.
    package let unix: Int64

    package init(unix: Int64) {
        self.unix = unix
    }

    /// Reads RFC 3339 section 5.6, with whole seconds or without any, and with a space or a `T` before the time.
    package init(_ text: String) throws(StartTimeError) {
        let bytes = Array(text.utf8)
        guard let day = Self.number(bytes, 0, "-", 4, 2, 2), bytes.count >= 17,
            [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(bytes[10])
        else { throw StartTimeError(text) }
        var end = 16
        guard let clock = Self.number(bytes, 11, ":", 2, 2) else { throw StartTimeError(text) }
        var seconds = 0
        if bytes.count > 19, bytes[16] == UInt8(ascii: ":") {
            guard let part = Self.number(bytes, 17, ":", 2) else { throw StartTimeError(text) }
            (seconds, end) = (part[0], 19)
        }
        guard let zone = Self.zone(bytes[end...]), (1...12).contains(day[1]), (1970...9999).contains(day[0]),
            (1...Self.length(ofMonth: day[1], of: day[0])).contains(day[2]), clock[0] < 24, clock[1] < 60, seconds < 60
        else { throw StartTimeError(text) }
        let days = Self.days(day[0], day[1], day[2])
        self.unix = Int64(days * 86_400 + clock[0] * 3600 + clock[1] * 60 + seconds - zone)
    }

    package static func < (left: StartTime, right: StartTime) -> Bool { left.unix < right.unix }

    /// Groups of digits with a mark between.
    private static func number(_ bytes: [UInt8], _ start: Int, _ mark: Unicode.Scalar, _ lengths: Int...) -> [Int]? {
        var (at, numbers) = (start, [Int]())
        for length in lengths {
            if !numbers.isEmpty {
                guard at < bytes.count, bytes[at] == UInt8(ascii: mark) else { return nil }
                at += 1
            }
            guard at + length <= bytes.count else { return nil }
            let digits = bytes[at..<at + length]
            guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
            numbers.append(digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) })
            at += length
        }
        return numbers
    }

    /// Seconds east of UTC.
    private static func zone(_ bytes: ArraySlice<UInt8>) -> Int? {
        let bytes = Array(bytes)
        if bytes == Array("Z".utf8) || bytes == Array("z".utf8) { return 0 }
        guard bytes.count == 6, let clock = Self.number(bytes, 1, ":", 2, 2), clock[0] < 24, clock[1] < 60 else {
            return nil
        }
        let seconds = clock[0] * 3600 + clock[1] * 60
        return switch bytes[0] {
        case UInt8(ascii: "+"): seconds
        case UInt8(ascii: "-"): -seconds
        default: nil
        }
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func length(ofMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: Self.isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970 began.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let before = year - 1
        let leaps = before / 4 - before / 100 + before / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400)
        let months = (1..<month).reduce(0) { $0 + Self.length(ofMonth: $1, of: year) }
        return (year - 1970) * 365 + leaps + months + day - 1
    }
}

extension StartTime: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(unix: try decoder.singleValueContainer().decode(Int64.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.unix)
    }
}

/// A text is no time to start at.
package struct StartTimeError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ text: String) {
        self.description =
            "'\(text)' is not a time; write one with its distance from UTC, such as 2026-12-05T14:00:00+09:00"
    }
}

/// Version 1, a line of text (proxy-protocol.txt section 2.1).
enum ProxyLine {
    /// Reads bytes that begin with the first word of a line, at index 0; nil until more come.
    static func read(_ bytes: ArraySlice<UInt8>) throws(ProxyError) -> ProxyHeader? {
        let line = bytes.prefix(ProxyHeader.lineLimit)
        // "The receiver must not tolerate a single CR or LF character to end the line".
        guard let end = line.firstIndex(where: { $0 == 0x0d || $0 == 0x0a }) else {
            guard bytes.count < ProxyHeader.lineLimit else {
                throw ProxyError(.lineTooLong, at: ProxyHeader.lineLimit)
            }
            return nil
        }
        guard line[end] == 0x0d else { throw ProxyError(.lineEnd, at: end) }
        guard end + 1 < ProxyHeader.lineLimit else { throw ProxyError(.lineTooLong, at: ProxyHeader.lineLimit) }
        guard end + 1 < bytes.count else { return nil }
        guard line[end + 1] == 0x0a else { throw ProxyError(.lineEnd, at: end + 1) }
        return ProxyHeader(try self.source(line[..<end]), length: end + 2)
    }

    private static func source(_ line: ArraySlice<UInt8>) throws(ProxyError) -> ProxySource {
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        let isV6: Bool
        switch words[1] {
        // "The receiver must ignore anything presented before the CRLF".
        case let word where word.elementsEqual("UNKNOWN".utf8): return .proxy
        case let word where word.elementsEqual("TCP4".utf8): isV6 = false
        case let word where word.elementsEqual("TCP6".utf8): isV6 = true
        default: throw ProxyError(.lineFields, at: words[1].startIndex)
        }
        guard words.count == 6 else { throw ProxyError(.lineFields, at: line.endIndex) }
        let port = try self.port(words[4])
        _ = try self.port(words[5])
        let sources = try words[2...3].map { (word) throws(ProxyError) in
            guard isV6 else { return ProxySource.v4(try self.v4(word), port: port) }
            let (high, low) = try self.v6(word)
            return .v6(high, low, port: port)
        }
        return sources[0]
    }

    private static func port(_ word: ArraySlice<UInt8>) throws(ProxyError) -> UInt16 {
        guard let number = self.decimal(word, digits: 5), let port = UInt16(exactly: number) else {
            throw ProxyError(.port, at: word.startIndex)
        }
        return port
    }

    /// Nil for anything but a number without leading zeros.
    private static func decimal(_ word: ArraySlice<UInt8>, digits: Int) -> UInt32? {
        guard (1...digits).contains(word.count), word.allSatisfy({ (0x30...0x39).contains($0) }),
            word.count == 1 || word.first != 0x30
        else { return nil }
        return word.reduce(0) { $0 * 10 + UInt32($1 - 0x30) }
    }

    private static func v4(_ word: ArraySlice<UInt8>) throws(ProxyError) -> UInt32 {
        let parts = word.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let numbers = parts.compactMap { self.decimal($0, digits: 3) }
        guard parts.count == 4, numbers.count == 4, numbers.allSatisfy({ $0 < 256 }) else {
            throw ProxyError(.address, at: word.startIndex)
        }
        return numbers.reduce(0) { $0 << 8 | $1 }
    }

    /// Groups of hexadecimal digits and at most one `::` (RFC 4291 section 2.2), perhaps with IPv4 at the end, as `inet_ntop`
    /// writes what is mapped.
    private static func v6(_ word: ArraySlice<UInt8>) throws(ProxyError) -> (UInt64, UInt64) {
        let colons = word.indices.dropLast().filter { word[$0] == 0x3a && word[$0 + 1] == 0x3a }
        let groups: [UInt64]
        switch colons.count {
        case 0:
            groups = try self.groups(word)
            guard groups.count == 8 else { throw ProxyError(.address, at: word.startIndex) }
        case 1:
            let before = try self.groups(word[..<colons[0]], mayEndInV4: false)
            let after = try self.groups(word[(colons[0] + 2)...])
            guard before.count + after.count <= 7 else { throw ProxyError(.address, at: word.startIndex) }
            groups = before + Array(repeating: 0, count: 8 - before.count - after.count) + after
        default: throw ProxyError(.address, at: colons[1])
        }
        return (groups[..<4].reduce(0) { $0 << 16 | $1 }, groups[4...].reduce(0) { $0 << 16 | $1 })
    }

    private static func groups(
        _ text: ArraySlice<UInt8>,
        mayEndInV4: Bool = true
    ) throws(ProxyError) -> [UInt64] {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt64] = []
        for part in parts {
            if mayEndInV4, part.contains(UInt8(ascii: ".")), part.endIndex == text.endIndex {
                let four = try self.v4(part)
                groups += [UInt64(four >> 16), UInt64(four & 0xffff)]
                continue
            }
            guard (1...4).contains(part.count), let group = UInt64(String(decoding: part, as: UTF8.self), radix: 16),
                part.first != UInt8(ascii: "+")
            else { throw ProxyError(.address, at: part.startIndex) }
            groups.append(group)
        }
        return groups
    }
}

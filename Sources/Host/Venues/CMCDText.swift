/// The text of a line of CMCD, read from its start.
struct CMCDText {
    enum Value: Hashable {
        case number(Int)
        case text(String)
        case flag(Bool)
    }

    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { self.at == self.bytes.count }

    private var next: UInt8? { self.isAtEnd ? nil : self.bytes[self.at] }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard self.next == UInt8(ascii: scalar) else { return false }
        self.at += 1
        return true
    }

    /// Pairs have one between them, and white space around it.
    mutating func comma() -> Bool {
        self.skipSpace()
        guard self.take(",") else { return false }
        self.skipSpace()
        return true
    }

    private mutating func skipSpace() { while self.take(" ") {} }

    private mutating func run(_ isPart: (UInt8) -> Bool) -> String {
        let start = self.at
        while let byte = self.next, isPart(byte) { self.at += 1 }
        return String(decoding: self.bytes[start..<self.at], as: UTF8.self)
    }

    mutating func key() -> String? {
        let key = self.run { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "_-.*".utf8.contains(byte)
            }
        }
        return key.isEmpty || key.utf8.count > CMCDRecord.valueLimit ? nil : key
    }

    /// What stands behind the key; a key alone is true. Of a list the first counts: a page of ours shows one of each.
    mutating func value() -> Value? {
        guard self.take("=") else { return self.withoutParameters(.flag(true)) }
        guard self.take("(") else { return self.item().flatMap { self.withoutParameters($0) } }
        self.skipSpace()
        let first = self.item().flatMap { self.withoutParameters($0) }
        self.skipSpace()
        while let byte = self.next, byte != UInt8(ascii: ")") {
            guard let item = self.item(), self.withoutParameters(item) != nil else { return nil }
            self.skipSpace()
        }
        guard self.take(")") else { return nil }
        return first.flatMap { self.withoutParameters($0) }
    }

    private mutating func withoutParameters(_ value: Value) -> Value? {
        while self.take(";") {
            self.skipSpace()
            guard self.key() != nil else { return nil }
            if self.take("="), self.item() == nil { return nil }
        }
        return value
    }

    private mutating func item() -> Value? {
        switch self.next {
        case UInt8(ascii: "\""): return self.string().map { .text($0) }
        case UInt8(ascii: "?"):
            self.at += 1
            if self.take("1") { return .flag(true) }
            return self.take("0") ? .flag(false) : nil
        case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte): return self.number().map { .number($0) }
        default:
            let token = self.run { byte in (0x21...0x7e).contains(byte) && !",;=\"()".utf8.contains(byte) }
            return token.isEmpty || token.utf8.count > CMCDRecord.valueLimit ? nil : .text(token)
        }
    }

    /// Numbers here count things: what stands behind a point is left out, and what no counter can hold is none.
    private mutating func number() -> Int? {
        let isNegative = self.take("-")
        let digits = self.run(Self.isDigit)
        if self.take(".") { _ = self.run(Self.isDigit) }
        guard digits.utf8.count <= 15, let number = Int(digits) else { return nil }
        return isNegative ? -number : number
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private mutating func string() -> String? {
        self.at += 1
        var text: [UInt8] = []
        while let byte = self.next {
            self.at += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = self.next, "\"\\".utf8.contains(escaped) else { return nil }
                self.at += 1
                text.append(escaped)
            case 0x20...0x7e: text.append(byte)
            default: return nil
            }
            guard text.count <= CMCDRecord.valueLimit else { return nil }
        }
        return nil
    }
}

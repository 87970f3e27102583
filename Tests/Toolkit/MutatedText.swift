/// JSON that something happened to: numbers of up to sixteen digits, words, and single bytes are others than before.
package struct MutatedText {
    private let text: [UInt8]
    /// Where each number stands.
    private let numbers: [Range<Int>]
    private var random: SeededGenerator

    package init(_ text: [UInt8], seed: UInt64) {
        self.text = text
        self.random = SeededGenerator(seed: seed)
        var numbers: [Range<Int>] = []
        var start: Int?
        for (index, byte) in text.enumerated() {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            if isDigit, start == nil { start = index }
            if !isDigit, let begun = start {
                numbers.append(begun..<index)
                start = nil
            }
        }
        self.numbers = numbers
    }

    /// Another one at each call.
    package mutating func next() -> [UInt8] {
        var text = self.text
        for _ in 0..<Int.random(in: 1...3, using: &self.random) {
            switch Int.random(in: 0..<4, using: &self.random) {
            case 0:
                guard let index = text.indices.randomElement(using: &self.random) else { break }
                text[index] = UInt8.random(in: 32...126, using: &self.random)
            default:
                // Later numbers first would keep the places of those before; one number of the original is enough here.
                guard text.count == self.text.count, let range = self.numbers.randomElement(using: &self.random) else {
                    break
                }
                text.replaceSubrange(range, with: Array(self.number().utf8))
            }
        }
        return text
    }

    private mutating func number() -> String {
        let interesting = ["0", "1", "-1", "65535", "4294967295", "9999999999999999", "-9999999999999999"]
        if Bool.random(using: &self.random), let one = interesting.randomElement(using: &self.random) { return one }
        return "\(Int64.random(in: -9_999_999_999_999_999...9_999_999_999_999_999, using: &self.random))"
    }
}

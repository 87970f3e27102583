import Containers
import Testing

@Suite struct OutputLinesTests {
    @Test func linesAreCutWhereverTheBytesAreSplit() {
        let text = Array("one\ntwo\n\nthree".utf8)
        for split in 0...text.count {
            var lines = OutputLines()
            let taken = lines.take(text[..<split], now: 0) + lines.take(text[split...], now: 0) + lines.finish(now: 0)
            #expect(taken == ["one", "two", "", "three"])
        }
    }

    @Test func longLinesAreCut() {
        var lines = OutputLines()
        let taken = lines.take(Array(repeating: UInt8(ascii: "x"), count: 1 << 20) + [10], now: 0)
        #expect(taken.count == 1)
        #expect(taken[0].utf8.count < OutputLines.lengthLimit + 8)
        #expect(taken[0].hasSuffix(" …"))
    }

    @Test func aFloodIsCounted() {
        var lines = OutputLines()
        let flood = Array(repeating: Array("x\n".utf8), count: OutputLines.linesPerSecond + 7).joined()
        #expect(lines.take(Array(flood), now: 0).count == OutputLines.linesPerSecond)
        #expect(lines.take(Array("y\n".utf8), now: 2_000_000_000) == ["(7 more lines left out)", "y"])
    }

    @Test func badTextIsNoCrash() {
        var lines = OutputLines()
        #expect(lines.take([0xff, 0xfe, 10], now: 0).count == 1)
    }
}

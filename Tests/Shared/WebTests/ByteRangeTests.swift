import NIOCore
import NIOHTTP1
import Testing
import Web

@Suite struct ByteRangeTests {
    @Test(arguments: [
        ("bytes=0-0", 0..<1), ("bytes=2-4", 2..<5), ("bytes=7-", 7..<10), ("bytes=-3", 7..<10), ("bytes=-99", 0..<10),
        ("bytes=5-99999", 5..<10),
    ])
    func rangesMeanWhatTheStandardSays(header: String, bounds: Range<Int>) {
        #expect(ByteRange(header)?.bounds(in: 10) == bounds)
    }

    @Test(arguments: ["bytes=10-", "bytes=10-12", "bytes=-0"])
    func rangesOutsideHaveNoBytes(header: String) throws {
        #expect(try #require(ByteRange(header)).bounds(in: 10) == nil)
    }

    @Test(arguments: [
        "", "bytes", "bytes=", "bytes=-", "bytes=4-2", "bytes=a-b", "bytes=0-1,3-4", "items=0-1", "bytes=+1-2",
        "bytes=99999999999999999999-",
    ])
    func otherHeadersAreIgnored(header: String) {
        #expect(ByteRange(header) == nil)
        let whole = HTTPReply(.ok, body: ByteBuffer(string: "0123456789")).ranged(by: header)
        #expect(whole.status == .ok)
        #expect(whole.body.readableBytes == 10)
    }

    @Test func aRangeIsAnsweredAsPartialContent() {
        let part = HTTPReply(.ok, body: ByteBuffer(string: "0123456789")).ranged(by: "bytes=2-4")
        #expect(part.status == .partialContent)
        #expect(String(buffer: part.body) == "234")
        #expect(part.head(version: .http1_1, keepAlive: true).headers.first(name: "Content-Range") == "bytes 2-4/10")
        let none = HTTPReply(.ok, body: ByteBuffer(string: "0123456789")).ranged(by: "bytes=10-")
        #expect(none.status == .rangeNotSatisfiable)
    }
}

import Foundation
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing
import Web

@Suite struct HTTPDateTests {
    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (-1, "Thu, 01 Jan 1970 00:00:00 GMT"), (Int64.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
    func aDateIsWrittenAsTheStandardSays(seconds: Int64, text: String) {
        #expect("\(HTTPDate(seconds: seconds))" == text)
    }

    /// Against another calendar.
    @Test func everyDayOfFourHundredYearsIsRight() {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        for day in stride(from: Int64(0), to: 146_097, by: 13) {
            let seconds = day * 86_400 + day % 86_400
            let text = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect("\(HTTPDate(seconds: seconds))" == text)
        }
    }

    @Test func everyFinalResponseHasOneDate() throws {
        let channel = EmbeddedChannel(handler: HTTPDateHandler())
        func written(_ head: HTTPResponseHead) throws -> [String] {
            try channel.writeOutbound(HTTPServerResponsePart.head(head))
            guard case .head(let head)? = try channel.readOutbound(as: HTTPServerResponsePart.self) else { return [] }
            return head.headers["date"]
        }
        #expect(try written(HTTPResponseHead(version: .http1_1, status: .badRequest)).count == 1)
        #expect(try written(HTTPResponseHead(version: .http1_1, status: .continue)) == [])
        #expect(try written(HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Date": "then"])) == ["then"])
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
        #expect(try channel.readOutbound(as: HTTPServerResponsePart.self) == .end(nil))
        _ = try channel.finish()
    }
}

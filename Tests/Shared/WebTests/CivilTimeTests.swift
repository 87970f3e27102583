import Encodings
import Foundation
import Testing

@Suite struct CivilTimeTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1_700_000_000_250_999, "2023-11-14T22:13:20.250Z"),
        (-1, "1969-12-31T23:59:59.999Z"), (951_868_799_999_000, "2000-02-29T23:59:59.999Z"),
        (-62_135_596_800_000_000, "0001-01-01T00:00:00.000Z"), (253_402_300_799_999_999, "9999-12-31T23:59:59.999Z"),
    ])
    func aTimeIsWrittenInUTC(microseconds: Int64, text: String) {
        #expect(CivilTime(microseconds: microseconds).iso8601 == text)
    }

    /// Against another calendar, before 1970 as well; its own begins in 1582.
    @Test func everyDayFrom1600OnIsRight() {
        for day in stride(from: Int64(-135_000), to: 146_097, by: 29) {
            let seconds = day * 86_400 + abs(day) % 86_400
            let date = Date(timeIntervalSince1970: Double(seconds))
            let text = date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
            #expect(CivilTime(microseconds: seconds * 1_000_000).iso8601 == text)
        }
    }

    /// A clock may have been set to anything.
    @Test(arguments: [Int64.min, .max]) func noTimeIsTooFar(microseconds: Int64) {
        let time = CivilTime(microseconds: microseconds)
        #expect((1...12).contains(time.month) && (1...31).contains(time.day) && (0...6).contains(time.weekday))
        #expect(time.iso8601.hasSuffix("Z"))
    }
}

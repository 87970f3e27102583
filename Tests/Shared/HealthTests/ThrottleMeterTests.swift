import Contract
import Health
import Testing

@Suite struct ThrottleMeterTests {
    /// A relay that is asked about four times a second.
    private struct Course {
        var meter = ThrottleMeter()
        var now = Instant(microseconds: 5_000_000)
        var throttled = Duration.zero
        var instance = "live-1"

        mutating func run(_ time: Duration, share: Double) -> [Throttling?] {
            let end = self.now + time
            var found: [Throttling?] = []
            while self.now < end {
                self.now = self.now + .milliseconds(250)
                self.throttled += .milliseconds(250) * share
                found.append(self.meter.note(self.throttled, of: self.instance, at: self.now))
            }
            return found
        }
    }

    private static func near(_ value: Double?, _ wanted: Double) -> Bool { abs((value ?? -1) - wanted) < 0.001 }

    @Test func aShareIsOfTheLastTenSecondsAndTheHighestIsRemembered() throws {
        var course = Course()
        // One look says nothing yet.
        #expect(course.run(.seconds(1), share: 0.5).allSatisfy { $0 == nil })
        #expect(course.run(.seconds(20), share: 0.5).allSatisfy { Self.near($0?.recent, 0.5) })
        let falling = course.run(.seconds(12), share: 0).compactMap { $0?.recent }
        #expect(falling == falling.sorted(by: >) && falling.last == 0)
        #expect(Self.near(course.run(.seconds(40), share: 0).last??.highest, 0.5))
        #expect(course.run(.seconds(20), share: 0).last == Throttling(recent: 0, highest: 0))
    }

    @Test func anotherInstanceBeginsAtZero() {
        var course = Course()
        _ = course.run(.seconds(20), share: 0.6)
        (course.instance, course.throttled) = ("live-2", .zero)
        let after = course.run(.seconds(12), share: 0)
        #expect(after.prefix(4).allSatisfy { $0 == nil })
        #expect(after.dropFirst(4).allSatisfy { $0?.recent == 0 && Self.near($0?.highest, 0.6) })
    }

    @Test func whatCannotBeTrueIsClamped() {
        var course = Course()
        // Of several processors.
        #expect(course.run(.seconds(5), share: 3).last??.recent == 1)
        course.throttled = .zero
        #expect(course.run(.seconds(5), share: 0).last??.recent == 0)
        #expect(course.meter.note(nil, of: course.instance, at: course.now) == nil)
        // A clock that stands still.
        #expect(course.meter.note(.seconds(9), of: course.instance, at: course.now) != nil)
    }
}

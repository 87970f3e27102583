import Contract
import Testing
import Venues

@Suite struct VenueMachineTests {
    private static func at(_ second: Double) -> Instant { Instant(microseconds: Int64(second * 1_000_000)) }

    private static func report(_ lines: String...) throws -> VenueReport {
        try #require(VenueReport(Array(lines.map { "sid=\"a\",\($0)\n" }.joined().utf8)))
    }

    private static let playing = "sta=p,cid=\"live/main\",ltc=1640,bl=1200,mtp=2400,br=2400,transponder-started"

    private static func machine() throws -> VenueMachine { VenueMachine(try VenueName("kyoto"), now: Self.at(0)) }

    @Test func aVenueThatNobodySawIsNotBad() throws {
        var venue = try Self.machine()
        let status = venue.judge(now: Self.at(1000))
        #expect(status.state == .unseen)
        #expect(status.sentence == "kyoto has not been seen yet: nobody has opened its link.")
        #expect(status.reason == .unseen && status.japanese == "kyotoはまだ接続していません。リンクが開かれていません。")
        #expect(status.since == Self.at(0))
    }

    @Test(arguments: [
        (playing, VenueState.green, VenueReason.playing, "kyoto plays, 1.6 s behind."),
        ("sta=p,cid=\"live/main\",transponder-started", .green, .playing, "kyoto plays."),
        ("sta=p,ltc=4100,transponder-started", .amber, .late, "kyoto is 4.1 s behind."),
        (
            "sta=p,ltc=4100,transponder-started=?0", .amber,
            .unpressed, "kyoto plays without sound: nobody has pressed the button there."
        ),
        ("sta=p,ltc=1000,bg", .amber, .covered, "kyoto has another window in front of the picture."),
        ("sta=w,transponder-why=notStarted", .green, .ready, "kyoto is ready and shows the test card."),
        (
            "sta=w,transponder-why=notStarted,transponder-started=?0", .amber,
            .unpressed, "kyoto has opened its link; nobody has pressed the button there."
        ),
        ("sta=w,transponder-why=stopped", .amber, .sourceMissed, "kyoto waits for the main venue to send again."),
        ("sta=w,transponder-why=pictureStopped", .amber, .pictureMissed, "kyoto waits for the main venue's picture."),
        ("sta=w,transponder-why=soundStopped", .amber, .soundMissed, "kyoto waits for the main venue's sound."),
        ("sta=p,ltc=1000,transponder-why=black", .green, .playing, "kyoto plays, 1 s behind."),
        ("sta=w,transponder-why=relayDown", .amber, .relayMissed, "kyoto waits for the relay."),
        (
            "sta=w,transponder-why=full", .red, .refused,
            "kyoto shows no picture: the relay has no room for another viewer."
        ),
        ("sta=w,transponder-why=unknown", .red, .pictureless, "kyoto shows no picture."),
        (
            "sta=f,transponder-why=codecs", .red, .unplayable,
            "kyoto cannot show the stream: its browser does not play it."
        ),
        (
            "sta=r,transponder-why=slow,mtp=1100,br=2400", .red, .slow,
            "kyoto's connection is too slow: 1.1 of 2.4 Mbit/s."
        ),
        ("sta=s,transponder-why=connecting", .amber, .connecting, "kyoto is connecting."),
        ("sta=q", .red, .closed, "kyoto has closed its screen."),
    ])
    func aReportIsJudged(line: String, state: VenueState, reason: VenueReason, sentence: String) throws {
        var venue = try Self.machine()
        venue.note(try Self.report(line), now: Self.at(1))
        let status = venue.judge(now: Self.at(1.5))
        #expect(status.state == state)
        #expect(status.reason == reason)
        #expect(status.sentence == sentence)
        #expect(status.japanese.hasPrefix("kyoto") && status.japanese.hasSuffix("。"), "\(status.japanese)")
    }

    @Test func silenceIsTold() throws {
        var venue = try Self.machine()
        venue.note(try Self.report(Self.playing), now: Self.at(10))
        #expect(venue.judge(now: Self.at(16)).state == .green)
        let silent = venue.judge(now: Self.at(18))
        #expect(silent.state == .red)
        #expect(silent.sentence == "kyoto has not reported for 8 s.")
        #expect(silent.reason == .silent && silent.japanese == "kyotoから8秒間、報告がありません。")
        #expect(silent.latency == nil && silent.reportedAt == Self.at(10))
        #expect(venue.judge(now: Self.at(310)).sentence == "kyoto has not reported for 5 min.")
        #expect(venue.judge(now: Self.at(310)).since == Self.at(18))
    }

    /// A tile does not flicker: worse counts at once, better when it has lasted.
    @Test func betterCountsOnceItLasts() throws {
        var venue = try Self.machine()
        venue.note(try Self.report("sta=r,transponder-why=slow,mtp=1100,br=2400"), now: Self.at(1))
        #expect(venue.judge(now: Self.at(1)).state == .red)
        for second in stride(from: 2.0, through: 5, by: 1) {
            venue.note(try Self.report(Self.playing), now: Self.at(second))
            #expect(venue.judge(now: Self.at(second)).state == .red, "\(second)")
        }
        venue.note(try Self.report(Self.playing), now: Self.at(6))
        let status = venue.judge(now: Self.at(6))
        #expect(status.state == .green)
        #expect(status.since == Self.at(6))
    }

    @Test func stallsOfTheLastMinuteCount() throws {
        var venue = try Self.machine()
        func report(_ stalls: Int, _ second: Double) throws -> VenueStatus {
            venue.note(try Self.report("\(Self.playing),bsa=\(stalls)"), now: Self.at(second))
            return venue.judge(now: Self.at(second))
        }
        // Those before the first report are not of now.
        #expect(try report(5, 0).state == .green)
        #expect(try report(6, 2).sentence == "kyoto stalled once in the last minute.")
        let third = try report(8, 4)
        #expect(third.state == .red && third.stalls == 3)
        #expect(third.sentence == "kyoto stalled 3 times in the last minute.")
        #expect(try report(8, 63).state == .red)
        _ = try report(8, 65)
        #expect(try report(8, 70).state == .green)
        // A page that was opened anew counts from nothing.
        venue.note(try #require(VenueReport(Array("sid=\"b\",\(Self.playing),bsa=0\n".utf8))), now: Self.at(72))
        #expect(venue.judge(now: Self.at(72)).stalls == 3)
    }

    @Test func aPictureThatDoesNotComeIsMissed() throws {
        var venue = try Self.machine()
        for second in [1.0, 3, 5] { venue.note(try Self.report("sta=s"), now: Self.at(second)) }
        #expect(venue.judge(now: Self.at(6)).sentence == "kyoto has shown no picture for 5 s.")
        #expect(venue.judge(now: Self.at(6)).state == .red)
    }

    @Test func aSlowComputerIsTold() throws {
        var venue = try Self.machine()
        venue.note(try Self.report("\(Self.playing),dfa=0,transponder-frames=100"), now: Self.at(1))
        venue.note(try Self.report("\(Self.playing),dfa=15,transponder-frames=150"), now: Self.at(3))
        let status = venue.judge(now: Self.at(3))
        #expect(status.sentence == "kyoto's computer is too slow: it leaves out 30 % of the pictures.")
        #expect(status.droppedFrames == 15)
    }

    /// Numbers that no honest page says end nothing.
    @Test func greatNumbersAreHarmless() throws {
        var venue = try Self.machine()
        let great = "999999999999999"
        for (index, number) in [great, "-\(great)", great, "0"].enumerated() {
            let line =
                "sta=p,ltc=\(number),bl=\(number),mtp=\(number),br=\(number),bsa=\(number),dfa=\(number),"
                + "transponder-frames=\(number),transponder-res=\"99999x99999\",transponder-why=slow"
            venue.note(try Self.report(line, line, line, line), now: Self.at(Double(index)))
            _ = venue.judge(now: Self.at(Double(index)))
        }
    }

    @Test func theWorstOfSeveralStreamsCounts() throws {
        var venue = try Self.machine()
        venue.note(try Self.report(Self.playing, "sta=p,cid=\"live/slides\",ltc=5000,mtp=600"), now: Self.at(1))
        let status = venue.judge(now: Self.at(1))
        #expect(status.sentence == "kyoto is 5 s behind.")
        #expect(status.arriving == 3_000_000)
        #expect(status.latency == .milliseconds(5000))
    }
}

import Contract
import Foundation
import Testing

/// The faults that are injected for real, each with the test that shows what health says of it. A fault of a stream that is in no
/// row is one that nobody has shown: a test here fails.
struct InjectedFault: Sendable, CustomTestStringConvertible {
    let name: String
    /// Where it is injected, below `Tests`, and what stands there.
    let file: String
    let words: String
    /// As health tells it: a fault or a state of a stream; empty where it is of the host, a relay or a program.
    var tells = ""

    var testDescription: String { self.name }

    /// A row of the truth table.
    static func row(_ name: String, _ stream: String, _ tells: String) -> InjectedFault {
        let more = Self.elsewhere.contains(stream) ? "+Rows" : "+MoreRows"
        return InjectedFault(
            name: name,
            file: "Relay/IntegrationTests/Health/TruthTableTests\(more).swift",
            words: "stream: \"\(stream)\"",
            tells: tells
        )
    }

    private static let elsewhere: Set = [
        "black", "frozen", "flat", "thin", "half", "decline", "rare", "silent", "left", "loud", "drift", "slow", "fast",
        "wanted", "hour", "smeared", "uneven", "reordered", "colourful",
    ]

    private static func host(_ name: String, _ file: String, _ words: String, _ tells: String = "") -> InjectedFault {
        InjectedFault(name: name, file: "Host/HostIntegrationTests/\(file).swift", words: words, tells: tells)
    }

    private static func relay(_ name: String, _ file: String, _ words: String, _ tells: String = "") -> InjectedFault {
        InjectedFault(name: name, file: "Relay/IntegrationTests/\(file).swift", words: words, tells: tells)
    }

    static let pictures = [
        row("black at a constant bitrate", "black", "black"),
        row("frozen at a constant bitrate", "frozen", "frozen"),
        row("one colour", "flat", "flat"),
        row("bitrate to a fraction", "thin", "bitrate_fell"),
        row("bitrate that declines slowly", "decline", "bitrate_fell"),
        row("half the frame rate", "half", "frame_rate_fell"),
        row("half the frame rate for long", "half-for-good", "frame_rate_fell"),
        row("one keyframe in 30 s", "rare", "keyframes_rare"),
        row("picture stops, sound goes on", "pictureless", "video_stopped"),
        row("text that cannot be read", "smeared", "text_illegible"),
        row("a profile that browsers do not play", "colourful", "profile_unusual"),
        row("another size than expected", "small", "size_unexpected"),
        row("a lower bitrate than expected", "lean", "bitrate_low"),
        row("a higher bitrate than expected", "rich", "bitrate_high"),
        row("fewer pictures than expected", "slideshow", "frame_rate_low"),
        row("more pictures than expected", "hectic", "frame_rate_high"),
    ]

    static let sounds = [
        row("digital silence", "silent", "silent"),
        row("near silence", "low", "sound_low"),
        row("one channel missing", "left", "channel_missing"),
        row("clipping", "loud", "clipping"),
        row("sound stops, picture goes on", "soundless", "audio_stopped"),
        row("back without its sound", "mute-again", "track_missing"),
    ]

    static let clocks = [
        row("drift of 50 ms/s", "drift", "drifting"),
        row("sound steps ahead by 500 ms", "ahead", "tracks_stepped"),
        row("sound steps back by 500 ms", "behind", "tracks_stepped"),
        row("timestamps stray back", "ragged", "timestamps_jump"),
        row("timestamps jump by an hour, which is mended", "hour", "live"),
        row("slower than it plays", "slow", "input_slow"),
        row("faster than it plays", "fast", "input_fast"),
        row("sound that comes long after its picture", "uneven", "interleave_gap"),
        row("pictures sent long before they are shown", "reordered", "reordering_deep"),
    ]

    static let sources = [
        row("encoder killed", "killed", "stale"),
        row("encoder silent on an open connection", "halted", "stale"),
        row("encoder lost again and again", "restless", "unstable"),
        row("encoders that take over from one another", "rivals", "contended"),
        row("wrong keys on a live stream", "wanted", "publisher_refused"),
        relay(
            "two and twenty of a hundred packets lost on the way",
            "Lines/BadLineTests",
            "were lost within a minute",
            "packets_lost"
        ),
        relay("a line that is cut", "Lines/BadLineTests", "has been silent for", "stale"),
        relay("codecs that are not carried", "Publishing/OmittedCodecTests", "func named()", "media_left_out"),
    ]

    static let outputs = [
        row("viewers who are too slow", "sleepers", "viewers_slow"),
        row("a destination that nobody answers at", "pushed", "push_failed"),
        row("a form that can carry nothing of the stream", "voice", "format_unavailable"),
        relay(
            "a playlist that cannot be written",
            "Health/OutputFaultTests",
            "fault(\"playlist_stopped\"",
            "playlist_stopped"
        ),
        relay(
            "a form of which nothing is written",
            "Health/OutputFaultTests",
            "fault(\"format_unavailable\"",
            "format_unavailable"
        ),
        relay(
            "a tape too small for the window",
            "Health/OutputFaultTests",
            "fault(\"tape_short\"",
            "tape_short"
        ),
        relay("a destination with another passphrase", "SRT/SRTPushTests", "func otherPassphrase()", "push_failed"),
        relay("a viewer who never reads", "Resilience/BadInputTests", "func neverReads()"),
        relay("more viewers than there are places", "Resilience/FullHouseTests", "func everyProtocol()"),
        host(
            "a room that does not report",
            "VenueScreenTests",
            "func roomsAreShownWhatThereIsAndTheOperatorSeesTheRooms()"
        ),
    ]

    static let programs = [
        host(
            "a relay that its limit keeps from the processor",
            "StarvedRelayTests",
            "func aRelayThatItsLimitKeepsWaitingIsOverloaded()",
            "relay_overloaded"
        ),
        host(
            "relay killed, encoder gone",
            "TruthTests",
            "func anEncoderThatDoesNotComeBackAfterADeathIsMissed()",
            "stale"
        ),
        host(
            "relay killed or wedged, encoder goes on",
            "HostTests",
            "func aRelayThatDiesIsReplacedAndAnotherRelaysViewersNoticeNothing("
        ),
        host("relay wedged, as probes see it", "TruthTests", "func probesAreAnsweredWhileARelayIsWedged()", "stale"),
        host("relay out of memory", "HostTests", "func aRelayThatGoesOverItsMemoryIsToldApart()"),
        host("relay without a processor", "StarvedRelayTests", "func aRelayThatCannotRunIsWaitedForAndSaidSo()"),
        host("supervisor stuck", "TruthTests", "func aSupervisorThatIsStuckIsSaidByTheHost()"),
        host("host dead", "TruthTests", "func aDeadHostIsNotBelieved()"),
        host("state disk full at the start", "TruthTests", "func aFullDiskIsSaidInWords()"),
        InjectedFault(
            name: "state disk full later",
            file: "Host/HistoryTests/HistoryFileTests.swift",
            words: "func `a full disk is said in words, and is got over`()"
        ),
        InjectedFault(
            name: "state disk that is small, and full for a while",
            file: "Host/HistoryTests/HistoryFileTests.swift",
            words: "func `a small disk is not filled by the history alone, before others fill it or after`()"
        ),
        InjectedFault(
            name: "history held by another program",
            file: "Host/HistoryTests/HistoryFileTests.swift",
            words: "func `while another program holds the file rows wait, and it is said`()"
        ),
        host("certificate that ends soon, before the start", "TruthTests", "func theDoctorReadsCertificateAndKey()"),
        host(
            "certificate that ends soon, of a host that runs",
            "VerdictTimeTests",
            "func aCertificateThatIsAboutToEndIsToldAtOnce()"
        ),
        host("a wrong configuration", "HostTests", "func aWrongConfigurationIsRefusedAndTheOldOneStaysInForce()"),
    ]

    static let all = pictures + sounds + clocks + sources + outputs + programs
}

@Suite struct FaultListTests {
    /// What no encoder can be made to do here, with the tests that show what is said of it all the same.
    private static let notInjected: [StreamFault: String] = [
        .packetsDropped: "no encoder sends media without its settings; FaultTests",
        .formatChanged: "encoders connect anew to change their format; ExpectationTests",
        .unchecked: "the check would have to hang; InspectionFaultTests",
    ]

    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test(arguments: InjectedFault.all) func itsTestIsThere(_ fault: InjectedFault) throws {
        let text = try String(contentsOf: Self.tests.appending(path: fault.file), encoding: .utf8)
        #expect(text.contains(fault.words), "\(fault.file) does not have \(fault.words)")
    }

    @Test func everyFaultOfAStreamIsInjected() {
        let told = Set(InjectedFault.all.map(\.tells))
        for fault in StreamFault.allCases {
            #expect(told.contains(fault.rawValue) != (Self.notInjected[fault] != nil), "\(fault.rawValue)")
        }
        let known = Set(StreamFault.allCases.map(\.rawValue) + StreamState.allCases.map(\.rawValue) + [""])
        #expect(told.isSubset(of: known))
        #expect(InjectedFault.all.count >= 30)
        #expect(Set(InjectedFault.all.map(\.name)).count == InjectedFault.all.count)
    }
}

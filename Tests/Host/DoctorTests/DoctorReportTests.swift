import Console
import Contract
import Doctor
import Testing

@Suite struct DoctorTests {
    static let port = DoctorCheck("port 1935 (rtmp)", .problem, "Another program has it.", remedy: "Stop that program.")
    static let clock = DoctorCheck("clock", .warning, "Nothing keeps it right.", remedy: "Install chrony.")
    static let state = DoctorCheck("state directory", .good, "It can be written to.")

    @Test func problemsAreSaidWithTheirRemedies() {
        let report = DoctorReport([Self.state, Self.clock, Self.port])
        #expect(report.exitCode == 1)
        #expect(
            report.text() == """
                ok       state directory: It can be written to.
                warning  clock: Nothing keeps it right.
                         Install chrony.
                problem  port 1935 (rtmp): Another program has it.
                         Stop that program.

                1 thing must be fixed before transponder up works.
                """
        )
    }

    @Test func warningsDoNotFail() {
        let report = DoctorReport([Self.clock, Self.clock])
        #expect(report.exitCode == 0)
        #expect(report.text().hasSuffix("transponder up will work; 2 things could be better."))
        #expect(DoctorReport([Self.state]).text().hasSuffix("All is well."))
    }

    @Test func machinesReadTheSame() throws {
        let report = DoctorReport([Self.port, Self.state])
        #expect(try JSONText.decode(DoctorReport.self, from: report.json) == report)
        #expect(String(decoding: report.json, as: UTF8.self).contains("\"outcome\" : \"problem\""))
    }

    @Test(arguments: [
        (0, 1_900_000_000, ["a.example"], DoctorCheck.Outcome.good, "It is for a.example."),
        (0, 1_800_086_400, ["a.example"], .warning, "expires in 24 h"),
        (0, 1_799_990_000, ["a.example"], .problem, "expired 3 h ago"),
        (1_800_000_100, 1_900_000_000, ["a.example"], .problem, "is not valid yet"),
        (0, 1_900_000_000, [], .warning, "names no host, so browsers refuse it"),
        (0, 1_900_000_000, (1...20).map { "\($0).example" }, .good, "8.example and 12 more."),
    ])
    func certificates(begins: Int, expires: Int, names: [String], outcome: DoctorCheck.Outcome, words: String) {
        let check = DoctorCheck.certificate(
            TLSSpec.Certificate(certificate: "/tls/crt", key: "/tls/key"),
            begins: begins,
            expires: expires,
            names: names,
            unix: 1_800_000_000
        )
        #expect(check.outcome == outcome)
        #expect(check.finding.contains(words), "\(check.finding)")
        #expect((check.remedy == nil) == (outcome == .good))
    }
}

import Containers
import Contract
import Linux
import Testing

@Suite struct HostCheckTests {
    @Test(arguments: [
        ("6.18.44-vm\n", Finding.Verdict.ok), ("5.4.0", .warning), ("5.11.22", .ok), ("5.3.18", .problem),
        ("4.19", .problem), ("", .problem), ("10.0", .ok),
    ])
    func kernels(release: String, verdict: Finding.Verdict) {
        #expect(HostCheck.kernel(release).verdict == verdict)
    }

    @Test func limitsAreCompared() {
        #expect(HostCheck.openFiles(1024, needed: 4096).verdict == .warning)
        #expect(HostCheck.openFiles(4096, needed: 4096).verdict == .ok)
        let meminfo = "MemTotal: 4000 kB\nMemAvailable:    1048576 kB\n"
        #expect(HostCheck.memory(meminfo, needed: 1 << 30).verdict == .ok)
        #expect(HostCheck.memory(meminfo, needed: 2 << 30).verdict == .warning)
        #expect(HostCheck.memory("", needed: 1).verdict == .warning)
    }

    @Test func aClockNobodyKeepsIsAWarning() {
        #expect(HostCheck.clock(nil).verdict == .warning)
    }

    @Test func everyFindingIsASentence() async {
        for isolation in Isolation.allCases {
            let findings = await HostCheck.findings(isolation: isolation, memory: 1 << 20, openFiles: 16)
            #expect(findings.count >= 5)
            for finding in findings { #expect(finding.sentence.hasSuffix("."), "\(finding.sentence)") }
        }
    }
}

import Contract
import Doctor
import Linux
import Testing

@Suite struct MachineCheckTests {
    @Test(arguments: [
        ("6.18.44-vm\n", DoctorCheck.Outcome.good), ("5.4.0", .warning), ("5.11.22", .good), ("5.3.18", .problem),
        ("4.19", .problem), ("", .problem), ("10.0", .good),
    ])
    func kernels(release: String, outcome: DoctorCheck.Outcome) {
        #expect(MachineCheck.kernel(release).outcome == outcome)
    }

    @Test func limitsAreCompared() {
        #expect(MachineCheck.openFiles(1024, needed: 4096).outcome == .warning)
        #expect(MachineCheck.openFiles(4096, needed: 4096).outcome == .good)
        let meminfo = "MemTotal: 4000 kB\nMemAvailable:    1048576 kB\n"
        #expect(MachineCheck.memory(meminfo, needed: 1 << 30).outcome == .good)
        #expect(MachineCheck.memory(meminfo, needed: 2 << 30).outcome == .warning)
        #expect(MachineCheck.memory("", needed: 1).outcome == .warning)
    }

    @Test func aClockNobodyKeepsIsAWarning() {
        #expect(MachineCheck.clock(nil).outcome == .warning)
    }

    @Test func everyCheckIsASentence() async {
        for isolation in Isolation.allCases {
            let checks = await MachineCheck.all(isolation: isolation, memory: 1 << 20, openFiles: 16)
            #expect(checks.count >= 5)
            for check in checks { #expect(check.finding.hasSuffix("."), "\(check.finding)") }
        }
    }
}

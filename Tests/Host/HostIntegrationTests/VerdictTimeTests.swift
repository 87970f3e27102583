import Foundation
import Glibc
import Testing
import Toolkit

/// How soon a host says what is wrong with itself, whether it says so for as long as it is, and how soon it is silent again.
@Suite(.serialized, .timeLimit(.minutes(2))) struct VerdictTimeTests {
    /// Of a machine that is busy beside.
    private static let slack = 2.0
    /// Within so many seconds after its end a fault must not be told any more.
    private static let relief = 10.0

    private struct Status: Decodable {
        struct Process: Decodable {
            struct Fault: Decodable { var fault: String }

            var state: String
            var faults: [Fault]
        }

        var process: Process?
    }

    private static func tells(_ fault: String, _ response: HTTP.Response) -> Bool? {
        guard let process = (try? JSONDecoder().decode(Status.self, from: response.body))?.process else { return nil }
        return process.faults.contains { $0.fault == fault }
    }

    /// One fault: begins it, watches it, ends it, and checks all that is said.
    private static func row(
        _ fault: String,
        of host: HostUnderTest,
        told limit: Double,
        words: String,
        begin: () throws -> Void,
        end: () throws -> Void
    ) async throws {
        let watch = ContinuousClock()
        let began = watch.now
        try begin()
        _ = try await host.api.get("status", until: { Self.tells(fault, $0) == true })
        let told = (watch.now - began) / .seconds(1)
        #expect(told <= limit + Self.slack, "\(fault) was told after \(told) s")
        // Whoever probes reads the same, without where it lies.
        let page = try await HTTP.get(host.page("health"), until: { $0.text.contains(words) })
        #expect(!page.text.contains(host.scratch.file("state").path), "\(page.text)")
        let until = watch.now + .seconds(2)
        while watch.now < until {
            #expect(
                try await Self.tells(fault, host.api.get("status", until: { $0.status == 200 })) == true,
                "\(fault) came and went"
            )
            try await Task.sleep(for: .milliseconds(100))
        }
        let ended = watch.now
        try end()
        _ = try await host.api.get("status", until: { Self.tells(fault, $0) == false })
        let gone = (watch.now - ended) / .seconds(1)
        print("\(fault): told after \(told) s, gone \(gone) s after its end")
        #expect(gone <= Self.relief + Self.slack, "\(fault) was told for \(gone) s too long")
    }

    /// A certificate that ends in two days takes the place of one that does not, as renewals that go wrong do.
    @Test func aCertificateThatIsAboutToEndIsToldAtOnce() async throws {
        let host = try await HostUnderTest.start(isolation: "none", isSecure: true)
        let files = ["cert.pem", "key.pem"].map { host.scratch.file($0) }
        let short = try files.map { try Data(contentsOf: $0) }
        _ = try await HostUnderTest.certificate(in: host.scratch, days: 300)
        let long = try files.map { try Data(contentsOf: $0) }
        func put(_ contents: [Data]) throws {
            for (file, content) in zip(files, contents) { try content.write(to: file, options: .atomic) }
        }
        _ = try await host.api.get("status", until: { Self.tells("certificate_expiring", $0) == false })
        try await Self.row(
            "certificate_expiring",
            of: host,
            told: 5,
            words: "The TLS certificate expires in ",
            begin: { try put(short) },
            end: { try put(long) }
        )
    }
}

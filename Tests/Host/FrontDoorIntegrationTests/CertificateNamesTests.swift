import Contract
import Foundation
import FrontDoor
import FrontDoorToolkit
import Testing
import Toolkit

/// Several certificates, chosen by the name that a client says it wants.
@Suite struct CertificateNamesTests {
    /// The name in the certificate that openssl is shown.
    private static func shown(at address: String, asking name: String?) async throws -> String {
        let question = name.map { "-servername \($0)" } ?? "-noservername"
        let script =
            "openssl s_client -connect \(address) \(question) </dev/null 2>/dev/null | openssl x509 -noout -subject"
        let text = try await Program.run("sh", ["-c", script]).outputText
        return text.split(separator: "=").last.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
    }

    private static func entrance(_ spec: TLSSpec) throws -> (Entrance, String) {
        let entrance = try Entrance()
        try entrance.door.use(spec)
        return (entrance, try entrance.door.listen(.https, on: [ListenAddress("127.0.0.1:0")])[0].description)
    }

    @Test func theNameChoosesTheCertificate() async throws {
        let first = try await TestCertificate(days: 9)
        let second = try await TestCertificate(days: 5, names: ["live.example.org", "*.rooms.example.org"])
        let third = try await TestCertificate(days: 7, names: ["other.example.org"])
        // The third is shown for what its entry says, not for what stands in it.
        let named = TLSSpec.Certificate(
            certificate: third.spec.first.certificate,
            key: third.spec.first.key,
            names: ["kyoto.rooms.example.org", "*.example.net"]
        )
        let (entrance, address) = try Self.entrance(TLSSpec(first.spec.first, [second.spec.first, named]))
        let wanted: [(String?, String)] = [
            (nil, "127.0.0.1"), ("unknown.example.org", "127.0.0.1"), ("live.example.org", "live.example.org"),
            ("LIVE.Example.ORG", "live.example.org"), ("lima.rooms.example.org", "live.example.org"),
            ("a.lima.rooms.example.org", "127.0.0.1"), ("rooms.example.org", "127.0.0.1"),
            ("kyoto.rooms.example.org", "other.example.org"), ("a.example.net", "other.example.org"),
            ("other.example.org", "127.0.0.1"),
        ]
        for (name, subject) in wanted {
            #expect(try await Self.shown(at: address, asking: name) == subject, "\(name ?? "no name")")
        }
        // The first to end is what health speaks of.
        let snapshot = entrance.door.snapshot
        #expect(snapshot.certificateName == "live.example.org")
        let left = (snapshot.certificateExpires ?? 0) - Int(Date().timeIntervalSince1970)
        #expect((4 * 86_400...6 * 86_400).contains(left))
    }

    @Test func curlTrustsTheOneForTheNameItAsks() async throws {
        let first = try await TestCertificate()
        let second = try await TestCertificate(names: ["live.example.org"])
        let (entrance, address) = try Self.entrance(TLSSpec(first.spec.first, [second.spec.first]))
        let port = address.split(separator: ":").last ?? ""
        let curl = try Program.start(
            "curl",
            [
                "--silent", "--show-error", "--cacert", second.spec.first.certificate, "--resolve",
                "live.example.org:\(port):127.0.0.1", "https://live.example.org:\(port)/live/main.flv",
            ]
        )
        let guest = try await entrance.reception.delivered()[0]
        #expect(guest.handover.isSecure)
        _ = curl
    }

    @Test func aReloadReplacesThem() async throws {
        let first = try await TestCertificate()
        let second = try await TestCertificate(names: ["live.example.org"])
        let (entrance, address) = try Self.entrance(first.spec)
        #expect(try await Self.shown(at: address, asking: "live.example.org") == "127.0.0.1")
        try entrance.door.use(TLSSpec(first.spec.first, [second.spec.first]))
        #expect(try await Self.shown(at: address, asking: "live.example.org") == "live.example.org")
        // One that cannot be used leaves the others as they were.
        let wrong = TLSSpec.Certificate(certificate: first.spec.first.certificate, key: second.spec.first.key)
        #expect(throws: (any Error).self) { try entrance.door.use(TLSSpec(second.spec.first, [wrong])) }
        #expect(try await Self.shown(at: address, asking: "live.example.org") == "live.example.org")
        #expect(try await Self.shown(at: address, asking: nil) == "127.0.0.1")
    }

    @Test(
        arguments: [
            ("a.example.org", true), ("*.example.org", true), ("*.org", false), ("*", false), ("a.*.org", false),
            ("", false),
            ("a_b.example.org", true), ("-a.org", false), ("a b", false), ("w*.example.org", false),
        ]
    )
    func namesOfHosts(text: String, isValid: Bool) {
        #expect(HostPattern.isValid(text) == isValid)
    }
}

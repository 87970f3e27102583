import Contract
import Foundation
import FrontDoor
import FrontDoorToolkit
import Testing
import Toolkit

@Suite struct TLSTests {
    private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"

    /// A front door with the two listeners, and where they are.
    private static func open(
        _ certificate: TestCertificate,
        _ entrance: Entrance
    ) throws -> (rtmps: String, https: String) {
        try entrance.door.use(certificate.spec)
        let anywhere = try ListenAddress("127.0.0.1:0")
        return (
            try entrance.door.listen(.rtmps, on: [anywhere])[0].description,
            try entrance.door.listen(.https, on: [anywhere])[0].description
        )
    }

    private static func curl(_ certificate: TestCertificate, _ more: String...) throws -> Program {
        try Program.start("curl", ["--silent", "--show-error", "--cacert", certificate.spec.first.certificate] + more)
    }

    /// Reads until the request's head is whole.
    private static func head(_ socket: Socket) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while !String(decoding: bytes, as: UTF8.self).contains("\r\n\r\n") {
            let more = try await socket.receive()
            if more.isEmpty { break }
            bytes += more
        }
        return bytes
    }

    @Test(arguments: ["1.2", "1.3"])
    func curlIsServedThroughTheHost(version: String) async throws {
        let (certificate, entrance) = (try await TestCertificate(), try Entrance())
        let address = try Self.open(certificate, entrance).https
        let curl = try Self.curl(certificate, "--tls-max", version, "https://\(address)/live/main.flv")
        let guest = try await entrance.reception.delivered()[0]
        #expect(guest.handover.isSecure)
        #expect(guest.handover.stage == .http)
        #expect(guest.handover.peer.hasPrefix("127.0.0.1:"))
        var relay: Socket? = try guest.socket()
        #expect(try await Self.head(#require(relay)).starts(with: Array("GET /live/main.flv HTTP/1.1".utf8)))
        try relay?.send(Self.answer)
        relay = nil
        let result = try await curl.result()
        #expect(result.ending == .exit(0))
        #expect(result.outputText == "hello")
        try await entrance.counts("the end") { $0.tlsOpen == 0 && $0.refusals[.tls] == nil && $0.undecided == 0 }
    }

    /// Who asks whether the host lives asks the thread that ends TLS, too, where there is one.
    @Test func theThreadOfThePumpsComesRound() async throws {
        let (certificate, entrance) = (try await TestCertificate(), try Entrance())
        #expect(entrance.door.lastTLSRound == nil)
        _ = try Self.open(certificate, entrance)
        let first = try #require(entrance.door.lastTLSRound)
        try await entrance.counts("its next round") { _ in entrance.door.lastTLSRound ?? first > first }
    }

    @Test func theHostItselfAndRefusalsAreReachedToo() async throws {
        var limits = FrontDoorLimits()
        limits.wait = .milliseconds(100)
        let (certificate, entrance) = (try await TestCertificate(), try Entrance(isReady: false, limits: limits))
        let address = try Self.open(certificate, entrance).https
        let refused = try Self.curl(certificate, "https://\(address)/live/main.flv")
        #expect(try await refused.result().outputText.contains("The relay 'live' is being started"))
        let curl = try Self.curl(certificate, "https://\(address)/livez")
        let host = try await entrance.reception.received()[0].socket()
        try host.send(Self.answer)
        #expect(try await curl.result().outputText == "hello")
    }

    @Test func oldVersionsAndPlainTextFailAndAreCounted() async throws {
        var limits = FrontDoorLimits()
        limits.handshake = .milliseconds(300)
        let (certificate, entrance) = (try await TestCertificate(), try Entrance(limits: limits))
        let address = try Self.open(certificate, entrance).https
        let old = try Program.start(
            "openssl",
            ["s_client", "-connect", address, "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"]
        )
        #expect(try await old.result().ending != .exit(0))
        try await entrance.counts("the old one") { $0.refusals[.tls] == 1 }
        let plain = try Socket(to: address)
        try plain.send("GET / HTTP/1.1\r\n\r\n")
        _ = try await plain.rest()
        try await entrance.counts("the plain one") { $0.refusals[.tls] == 2 }
        let slow = try Socket(to: address)
        try slow.send([0x16])
        _ = try await slow.rest()
        try await entrance.counts("the slow one") { $0.refusals[.tls] == 3 }

        // Probes say nothing and are nothing.
        try Socket(to: address).hangUp()
        let silent = try Socket(to: address)
        _ = try await silent.rest()
        try await entrance.counts("nobody") { $0.undecided == 0 }
        #expect(entrance.door.snapshot.refusals[.tls] == 3)
    }

    @Test func ffmpegPublishesOverTLS() async throws {
        let (certificate, entrance) = (try await TestCertificate(), try Entrance())
        let address = try Self.open(certificate, entrance).rtmps
        let picture = ["-hide_banner", "-re", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=10", "-c:v", "flv"]
        let unknown = try Program.start(
            FFmpeg.system,
            picture + ["-f", "flv", "-tls_verify", "0", "rtmps://\(address)/nothing/main"]
        )
        #expect(try await unknown.result().errorText.contains("There is no relay 'no...' (7 characters) here."))
        let known = try Program.start(
            FFmpeg.system,
            picture + ["-f", "flv", "-ca_file", certificate.spec.first.certificate, "rtmps://\(address)/live/main"]
        )
        let guest = try await entrance.reception.delivered()[0]
        #expect(guest.handover.isSecure)
        #expect(guest.handover.stage == .rtmp)
        #expect(String(decoding: guest.payload, as: UTF8.self).contains("connect"))
        known.kill()
        let relay = try guest.socket()
        #expect(try await relay.rest().isEmpty, "the peer's end is the relay's")
        try await entrance.counts("the end") { $0.tlsOpen <= 1 }
    }

    // MARK: The pump

    @Test func muchGoesBothWaysWhole() async throws {
        let (certificate, entrance, scratch) = (try await TestCertificate(), try Entrance(), try Scratch("pump"))
        let address = try Self.open(certificate, entrance).https
        let data = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 13) }
        let (up, down) = (try scratch.write(data, to: "up"), scratch.file("down").path)
        let curl = try Self.curl(
            certificate,
            "--upload-file",
            up,
            "--header",
            "Expect:",
            "--output",
            down,
            "https://\(address)/live/x"
        )
        let relay = try await entrance.reception.delivered()[0].socket()
        var got = try await Self.head(relay)
        let start = try #require(String(decoding: got.prefix(2000), as: Unicode.ASCII.self).range(of: "\r\n\r\n"))
        let head = String(decoding: got.prefix(2000), as: Unicode.ASCII.self)[..<start.upperBound].utf8.count
        while got.count < head + data.count { got += try await relay.receive() }
        #expect(Array(got[head...]) == data)
        try relay.send("HTTP/1.1 200 OK\r\nContent-Length: \(data.count)\r\nConnection: close\r\n\r\n")
        try relay.send(data)
        relay.finish()
        #expect(try await curl.result().ending == .exit(0))
        #expect(try Data(contentsOf: URL(fileURLWithPath: down)) == Data(data))
    }

    @Test func whoDoesNotReadIsNotBufferedWithoutBound() async throws {
        let (certificate, entrance) = (try await TestCertificate(), try Entrance())
        let address = try Self.open(certificate, entrance).https
        let client = try Program.start(
            "openssl",
            ["s_client", "-quiet", "-connect", address, "-CAfile", certificate.spec.first.certificate]
        )
        // It asks for nothing yet: what it is sent before it is stopped is the handshake.
        try await entrance.counts("the connection") { $0.tlsOpen == 1 }
        client.signal(SIGSTOP)
        client.kill()
        try await entrance.counts("its end") { $0.tlsOpen == 0 }

        let stopped = try Self.curl(certificate, "--limit-rate", "1", "https://\(address)/live/main.flv")
        let guest = try await entrance.reception.delivered()[0]
        stopped.signal(SIGSTOP)
        var sent = 0
        let piece = String(repeating: "x", count: 1 << 16)
        var idle = 0
        while idle < 50, sent < 256 << 20 {
            let count = try guest.sendSome(piece)
            idle = count == 0 ? idle + 1 : 0
            sent += count
            if count == 0 { try await Task.sleep(for: .milliseconds(10)) }
        }
        #expect(sent > 0)
        #expect(sent < 32 << 20, "the kernel's buffers and two water marks")
        stopped.kill()
    }

    // MARK: Certificates

    @Test func aNewCertificateIsUsedAndABrokenOneIsNot() async throws {
        var limits = FrontDoorLimits()
        limits.certificateInterval = .milliseconds(20)
        let (log, lines) = RememberedLog.make()
        let (certificate, entrance) = (try await TestCertificate(days: 2), try Entrance(limits: limits, log: log))
        let address = try Self.open(certificate, entrance).https
        let first = try #require(entrance.door.snapshot.certificateExpires)
        try await certificate.renew(days: 9)
        try await entrance.counts("the new one") { ($0.certificateExpires ?? 0) > first + 6 * 86_400 }
        // The authority curl trusts is the new one.
        let curl = try Self.curl(certificate, "https://\(address)/")
        try await entrance.reception.received()[0].socket().send(Self.answer)
        #expect(try await curl.result().outputText == "hello")

        try certificate.spoil()
        try await lines.wait(for: "a word about it") { $0.contains { $0.contains("stays in force") } }
        #expect(lines.state.filter { $0.contains("stays in force") }.count == 1)
        let insecure = try Program.start("curl", ["--silent", "--insecure", "https://\(address)/"])
        try await entrance.reception.received(2)[1].socket().send(Self.answer)
        #expect(try await insecure.result().outputText == "hello")
        #expect(!lines.state.contains { $0.contains("PRIVATE") })
    }

    @Test func filesThatAreNoneAreRefusedWithASentence() async throws {
        let (certificate, other, entrance) = (try await TestCertificate(), try await TestCertificate(), try Entrance())
        func refusal(_ spec: TLSSpec) -> String {
            do {
                try entrance.door.use(spec)
                return ""
            } catch {
                return "\(error)"
            }
        }
        let (chain, key) = (certificate.spec.first.certificate, certificate.spec.first.key)
        #expect(refusal(TLSSpec(certificate: "/no/such.pem", key: key)).contains("/no/such.pem cannot be read"))
        #expect(refusal(TLSSpec(certificate: key, key: key)).contains("is not a certificate"))
        #expect(refusal(TLSSpec(certificate: chain, key: chain)).contains("is not a private key"))
        #expect(refusal(TLSSpec(certificate: chain, key: other.spec.first.key)).contains("does not belong to"))
        #expect(refusal(certificate.spec).isEmpty)
    }
}

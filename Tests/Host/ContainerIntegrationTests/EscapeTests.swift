import Containers
import Contract
import Foundation
import Linux
import Testing
import Toolkit

@Suite(.serialized) struct EscapeTests {
    /// Attempts that succeed at nothing: a right that is worth nothing is reported as it is.
    private static let facts: Set<String> = [
        "unix-socket-works", "processes-seen", "interfaces-seen", "user", "everything-tried",
    ]

    @Test(.timeLimit(.minutes(1)), arguments: Machine.runtimes)
    func nothingThatAnIntruderTriesWorks(isolation: Isolation) async throws {
        let bench = try Bench(isolation)
        let secret = try bench.scratch.write("secret".utf8, to: "secret")
        let guest = try await bench.start(["everything", secret, bench.base, "/proc/\(getpid())/environ"])
        let report = await guest.report()
        #expect(await guest.instance.ending() == .exited(code: 0), "\(guest.said.lines)")
        try await guest.instance.remove()

        for attempt in report where !Self.facts.contains(attempt.name) {
            #expect(attempt.value != 0, "\(attempt.name) worked")
        }
        let values = Dictionary(report.map { ($0.name, $0.value) }) { first, _ in first }
        #expect(report.count > 60)
        #expect(values["everything-tried"] == 1)
        #expect(values["unix-socket-works"] == 1)
        #expect(values["processes-seen"] == 1)
        #expect(values["interfaces-seen"] == 1)
        #expect(values["user"] == 65534)
        // Those not on the list say so, whatever else would have kept them from working.
        for name in [
            "socket-inet", "socket-inet6", "socket-netlink", "socket-packet", "bind", "connect", "mount", "trace",
            "unshare-user", "keyring", "bpf", "io-uring", "fork", "set-user", "linger", "lock-filter", "repair",
            "join-group",
        ] {
            #expect(values[name] == Int(EPERM), "\(name): \(values[name] ?? -1)")
        }
        #expect(values["clone3"] == Int(ENOSYS))
    }

    @Test(.timeLimit(.minutes(1)), arguments: Machine.runtimes)
    func limitsHold(isolation: Isolation) async throws {
        let bench = try Bench(isolation)
        let threads = try await bench.start(["threads"])
        let started = await threads.report()
        #expect((1..<32).contains(started.first { $0.name == "threads" }?.value ?? 0), "\(started)")
        #expect(started.first { $0.name == "thread-errno" }?.value == Int(EAGAIN))
        try await threads.instance.remove()

        let files = try await bench.start(["files"])
        #expect(await files.report().first { $0.name == "open-files" }?.value == 64)
        try await files.instance.remove()

        let hungry = try await bench.start(["allocate"])
        #expect(await hungry.instance.ending() == .outOfMemory)
        try await hungry.instance.remove()
        #expect(bench.traces(of: hungry.instance.id).isEmpty)
    }

    @Test(.timeLimit(.minutes(1)), arguments: Machine.runtimes)
    func aSocketThatWasHandedInWorks(isolation: Isolation) async throws {
        let bench = try Bench(isolation)
        let listener = try TCPSocket.listen(on: InternetAddress(parsing: "127.0.0.1:0"))
        let client = try Socket(to: "\(TCPSocket.localAddress(of: listener))")
        let accepted = try await Self.accepted(by: listener)
        let guest = try await bench.start(["socket"])
        try DescriptorPassing.send(accepted.number, over: guest.control.number)
        try client.send("ping")
        #expect(try await client.rest() == Array("ping".utf8))
        let report = await guest.report()
        for step in report where step.name != "peer-family" { #expect(step.value == 0, "\(step.name)") }
        #expect(report.first { $0.name == "peer-family" }?.value == Int(AF_INET))
        #expect(report.count == 8)
        try await guest.instance.remove()
    }

    /// What a relay is given to send datagrams by reaches whom the host has connected it to.
    @Test(.timeLimit(.minutes(1)), arguments: Machine.runtimes)
    func datagramsReachNobodyElse(isolation: Isolation) async throws {
        let bench = try Bench(isolation)
        let friend = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        let victim = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        let guest = try await bench.start(["astray", "\(UDPSocket.localAddress(of: victim).port)"])
        let connected = try UDPSocket.connect(to: UDPSocket.localAddress(of: friend))
        let loose = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        try DescriptorPassing.send(connected.number, over: guest.control.number)
        try DescriptorPassing.send(loose.number, over: guest.control.number)
        let report = await guest.report()
        #expect(await guest.instance.ending() == .exited(code: 0), "\(guest.said.lines)")
        try await guest.instance.remove()
        for step in report {
            #expect((step.value != 0) == step.name.hasPrefix("astray"), "\(step.name): \(step.value)")
        }
        #expect(report.count { $0.name.hasPrefix("astray") } == 24 && report.count == 34, "\(report)")
        #expect(!UDPSocket.drain(HeldDescriptor(victim)))
        #expect(UDPSocket.drain(HeldDescriptor(friend)))
    }

    private static func accepted(by listener: borrowing OwnedDescriptor) async throws -> OwnedDescriptor {
        while true {
            if let socket = try TCPSocket.accept(on: listener) { return socket.release() }
            await Task.yield()
        }
    }
}

import Containers
import Contract
import Foundation
import HostCore
import Settings
import SupervisorToolkit
import Testing
import Toolkit

/// A host from its start to its end, in this process.
@Suite struct HostLifeTests {
    private struct Status: Decodable {
        struct Configuration: Decodable {
            var reloads: Int
            var refusedReloads: Int
            var problem: String?

            enum CodingKeys: String, CodingKey {
                case reloads, problem
                case refusedReloads = "refused_reloads"
            }
        }

        struct Relay: Decodable {
            var name: String
            var ready: Bool
        }

        var ready: Bool
        var configuration: Configuration
        var relays: [Relay]
    }

    private static func status(_ host: InProcessHost) async throws -> Status {
        try await host.api.request("status").json()
    }

    @Test func itServesUntilItIsToldToEndAndLeavesNothing() async throws {
        let host = try InProcessHost()
        try await host.start()
        #expect(host.said.state.contains("the relay 'live' is up, WITHOUT a container"))
        #expect(try await HTTP.get("\(host.http)/livez").status == 200)
        #expect(try await HTTP.get("\(host.http)/readyz").status == 200)
        #expect(try await Self.status(host).relays.map(\.name) == ["live"])
        let state = host.scratch.file("state").path
        #expect(HostSocket.process(in: state) == Int(ProcessInfo.processInfo.processIdentifier))
        #expect(HostLock.isHeld(host.scratch.file("state").path))

        let http = host.http
        try await host.end()
        let instance = try #require(host.runtime.instances.first)
        #expect(instance.isDrained && instance.isRemoved)
        #expect(!HostSocket.isThere(in: state) && HostSocket.process(in: state) == nil)
        #expect(!HostLock.isHeld(host.scratch.file("state").path))
        await #expect(throws: HTTP.Failure.self) { try await HTTP.get("\(http)/livez") }
    }

    @Test func aConnectionForARelayIsGivenToItsInstance() async throws {
        let host = try InProcessHost()
        try await host.start()
        let instance = try #require(host.runtime.instances.first)
        // Nobody answers it here.
        let request = Task { try? await HTTP.get("\(host.http)/live/main.flv") }
        try await instance.seen.wait(for: "the connection") { !$0.connections.isEmpty }
        #expect(instance.connections.first?.handover.stage == .http)
        #expect(instance.connections.first?.handover.peer.hasPrefix("127.0.0.1:") == true)
        instance.end(.exited(code: 0))
        request.cancel()
        try await host.end()
    }

    @Test func aChangedFileIsReadAndAnotherRelayComesToBe() async throws {
        let host = try InProcessHost()
        try await host.start()
        try host.configure(relays: "  live: {}\n  second: {}\n")
        try await host.said.wait(for: "the banner of the second") { $0.contains("The relay 'second' was added.") }
        let answer = try await HTTP.get("\(host.http)/readyz", until: { $0.status == 200 })
        #expect(answer.status == 200)
        #expect(try await Self.status(host).relays.map(\.name) == ["live", "second"])
        // The one that was there has not been touched.
        #expect(host.runtime.instances.filter { "\($0.id)".contains("live") }.count == 1)
        try await host.end()
        #expect(host.runtime.instances.filter { !$0.isRemoved }.isEmpty)
    }

    @Test func aReloadThatIsAskedForSaysWhatCameOfIt() async throws {
        let host = try InProcessHost()
        try await host.start()
        try host.configure(relays: "  live: {}\n", listen: #"{ http: "127.0.0.1:0", admin: "127.0.0.1:0" }"#)
        let answer = try await host.api.request("reload", method: "POST")
        #expect(answer.status == 200, "\(answer.text)")
        #expect(try await Self.status(host).configuration.reloads >= 1)
        try await host.end()
    }

    @Test func aWrongFileChangesNothingAndIsTold() async throws {
        let host = try InProcessHost()
        try await host.start()
        try host.configure(relays: "  live: { viewrs: 3 }\n")
        let answer = try await host.api.request("reload", method: "POST")
        #expect(answer.status == 422)
        #expect(answer.text.contains("viewrs"))
        let status = try await Self.status(host)
        #expect(status.ready && status.configuration.problem?.contains("viewrs") == true)
        #expect(status.configuration.refusedReloads >= 1)
        #expect(host.runtime.instances.count == 1)
        // Once it is right again, nothing is left of it.
        try host.configure(relays: "  live: {}\n")
        #expect(try await host.api.request("reload", method: "POST").status == 200)
        #expect(try await Self.status(host).configuration.problem == nil)
        try await host.end()
    }

    /// As after a disk that was full: nobody writes to the configuration again.
    @Test(.timeLimit(.minutes(1)))
    func aFileThatIsRefusedForTheStateDirectoryIsReadAgainByItself() async throws {
        let host = try InProcessHost()
        try await host.start()
        let path = host.scratch.file("state/relays/second").path
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        try host.configure(relays: "  live: {}\n  second: {}\n")
        let answer = try await host.api.request("reload", method: "POST")
        #expect(answer.status == 422 && answer.text.contains("is a file, not a directory"), "\(answer.text)")
        let manager = FileManager.default
        try manager.removeItem(atPath: path)
        let open: [FileAttributeKey: Any] = [.posixPermissions: 0o777]
        try manager.createDirectory(atPath: path, withIntermediateDirectories: false, attributes: open)
        try manager.setAttributes(open, ofItemAtPath: path)
        // It is tried again, and what is wrong now is said.
        let status = try await host.api.get("status", until: { $0.text.contains("Others may look into") })
        #expect(status.status == 200)
        try manager.removeItem(atPath: path)
        try await host.said.wait(for: "the banner of the second") { $0.contains("The relay 'second' was added.") }
        #expect(try await Self.status(host).configuration.problem == nil)
        try await host.end()
    }

    @Test func aFreshInstanceIsMadeOnRequest() async throws {
        let host = try InProcessHost()
        try await host.start()
        let old = try #require(host.runtime.instances.first)
        let answer = try await host.api.request("relays/live/replace", method: "POST")
        #expect(answer.status == 202, "\(answer.text)")
        try await old.seen.wait(for: "its removal") { $0.isRemoved }
        #expect(host.runtime.instances.count == 2)
        try await host.end()
    }

    // MARK: - Starts that fail

    /// - Returns: what the start fails with.
    private static func failure(of host: InProcessHost) async -> (any Error)? {
        do {
            try await host.run()
            return nil
        } catch {
            return error
        }
    }

    @Test func aWrongFileIsNotStartedWith() async throws {
        let host = try InProcessHost(relays: "  live: { viewrs: 3 }\n")
        let error = await Self.failure(of: host)
        #expect(error is ConfigurationError)
        #expect(error.map(ExitStatus.of) == 78)
        #expect(host.runtime.instances.isEmpty)
    }

    @Test func aMissingFileIsSaid() async throws {
        let host = try InProcessHost()
        try FileManager.default.removeItem(at: host.scratch.file("transponder.yaml"))
        #expect(await Self.failure(of: host).map(ExitStatus.of) == 66)
    }

    @Test func nobodyIsStartedWhomNobodyCouldReach() async throws {
        let host = try InProcessHost(isListening: false)
        let error = await Self.failure(of: host)
        #expect(error is HostError, "\(String(describing: error))")
        #expect(!HostLock.isHeld(host.scratch.file("state").path))
    }

    @Test func aSecondHostIsToldWhoHasTheDirectory() async throws {
        let first = try InProcessHost()
        try await first.start()
        let second = try InProcessHost(scratch: first.scratch)
        let error = try #require(await Self.failure(of: second))
        #expect("\(error)".contains("another host (process \(ProcessInfo.processInfo.processIdentifier)) is running"))
        // The first goes on, and is still found.
        #expect(try await HTTP.get("\(first.http)/livez").status == 200)
        #expect(HostLock.isHeld(first.scratch.file("state").path))
        try await first.end()
    }

    @Test func aTakenPortIsSaidAndNothingIsLeft() async throws {
        let first = try InProcessHost()
        try await first.start()
        let taken = first.http.dropFirst("http://".count)
        let second = try InProcessHost(listen: "{ http: \"\(taken)\" }")
        let error = try #require(await Self.failure(of: second))
        #expect(ExitStatus.of(error) == 69)
        #expect("\(error)".contains("is taken by another program"))
        #expect(!HostLock.isHeld(second.scratch.file("state").path))
        try await first.end()
    }

    @Test func aRelayThatCanNeverStartEndsTheHost() async throws {
        let host = try InProcessHost()
        host.runtime.manners.failure = RuntimeError(.missing, "There is no runtime.")
        let error = await Self.failure(of: host)
        #expect((error as? RuntimeError)?.kind == .missing)
        #expect(error.map(ExitStatus.of) == 69)
        #expect(!HostLock.isHeld(host.scratch.file("state").path))
    }
}

import Contract
import Foundation
import HostCore
import Linux
import Testing
import Toolkit

/// The listeners of the console and the API, and the socket of the command line.
@Suite(.timeLimit(.minutes(1))) struct HostAdminTests {
    private static func listen(admin: String) -> String { "{ http: '127.0.0.1:0', admin: \(admin) }" }

    @Test func consoleAndRelaysShareNoAddress() async throws {
        let host = try InProcessHost()
        try await host.start()
        let admin = "http://\(host.api.address)"
        #expect(try await HTTP.get("\(host.http)/api/v1/status", headers: host.api.headers).status == 403)
        #expect(try await HTTP.get("\(admin)/api/v1/status").status == 401)
        #expect(try await host.api.request("status").status == 200)
        #expect(try await HTTP.get("\(admin)/live/main.m3u8", headers: host.api.headers).status == 404)
        for place in ["livez", "readyz", "metrics"] {
            #expect(try await HTTP.get("\(admin)/\(place)").status == 200)
            #expect(try await HTTP.get("\(host.http)/\(place)").status == 200)
        }
        try await host.end()
    }

    /// What a person clicks on, once.
    @Test func theLinkThatIsPrintedLogsABrowserIn() async throws {
        let host = try InProcessHost()
        try await host.start()
        let words = host.said.state.split(whereSeparator: \.isWhitespace)
        let link = try #require(words.first { $0.contains("/login?code=") })
        let answer = try await HTTP.get(String(link))
        #expect(answer.status == 303 && answer["Location"] == "/")
        let cookie = try #require(answer["Set-Cookie"]).prefix { $0 != ";" }
        let page = try await HTTP.get("http://\(host.api.address)/", headers: ["Cookie": String(cookie)])
        #expect(page.status == 200 && page.text.contains("<h1>Transponder</h1>"))
        #expect(try await HTTP.get(String(link)).status == 401)
        try await host.end()
    }

    /// A request that came in at the console stays there: nothing behind it is read for somebody else.
    @Test func aConnectionOfTheConsoleIsNobodyElses() async throws {
        let host = try InProcessHost()
        try await host.start()
        let socket = try Socket(to: host.api.address)
        let request = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
        try socket.send(request + "GET /live/main.flv HTTP/1.1\r\nHost: x\r\n\r\n")
        let heard = String(decoding: try await socket.rest(), as: UTF8.self)
        #expect(heard.hasPrefix("HTTP/1.1 200 OK"))
        #expect(heard.contains("Connection: close") || heard.contains("connection: close"))
        #expect(heard.components(separatedBy: "HTTP/1.1 ").count == 2)
        try await host.end()
    }

    /// What it says of its own threads is of those that it has.
    @Test func itsThreadsAreSeen() async throws {
        let host = try InProcessHost()
        try await host.start()
        let text = try await HTTP.get("\(host.http)/metrics").text
        for loop in ["supervisor", "front-door", "console"] {
            #expect(text.contains("transponder_host_loop_age_seconds{loop=\"\(loop)\"} "), "\(loop)")
        }
        for thread in ["history", "alerts"] {
            #expect(text.contains("transponder_host_helper_busy_seconds{thread=\"\(thread)\"} "), "\(thread)")
        }
        try await host.end()
    }

    @Test func aReloadMovesItAndSwitchesItOff() async throws {
        let host = try InProcessHost(listen: Self.listen(admin: "'127.0.0.1:0'"))
        try await host.start()
        let before = host.api
        let port = try FreePorts.take(1)[0]
        let moved = HostAPI(address: "127.0.0.1:\(port)", state: host.scratch.file("state"))
        try host.configure(relays: "  live: {}\n", listen: Self.listen(admin: "'127.0.0.1:\(port)'"))
        _ = try await moved.get("status") { $0.status == 200 }
        await #expect(throws: HTTP.Failure.self) { try await before.request("status") }
        // What cannot be had leaves what was there.
        let taken = host.http.dropFirst("http://".count)
        try host.configure(relays: "  live: {}\n", listen: Self.listen(admin: "'\(taken)'"))
        _ = try await moved.get("status") { $0.text.contains("listen.admin: Port") }
        try host.configure(relays: "  live: {}\n", listen: Self.listen(admin: "off"))
        while (try? await moved.request("status")) != nil { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try await HTTP.get("\(host.http)/livez").status == 200)
        try await host.end()
    }

    @Test func whereItIsOffThereIsNoLink() async throws {
        let host = try InProcessHost(listen: Self.listen(admin: "off"))
        try await host.start()
        #expect(host.said.state.contains("There is no console (listen.admin)"))
        #expect(!host.said.state.contains("admin="))
        try await host.end()
    }

    /// The standard port is one, and nobody asked for it: who comes second, or finds it taken, does without a console.
    @Test func twoHostsOfOneMachineStartAsTheyAre() async throws {
        let hosts = [
            try InProcessHost(listen: "{ http: '127.0.0.1:0' }"), try InProcessHost(listen: "{ http: '127.0.0.1:0' }"),
        ]
        for host in hosts { try await host.start() }
        for host in hosts {
            #expect(try await HTTP.get("\(host.http)/readyz", until: { $0.status == 200 }).status == 200)
        }
        let without = hosts.filter { !$0.said.state.contains(" admin=") }
        #expect(!without.isEmpty)
        #expect(without.allSatisfy { $0.said.state.contains("There is no console (listen.admin)") })
        for host in hosts { try await host.end() }
    }

    @Test func aPortThatWasAskedForAndIsTakenEndsTheStart() async throws {
        let first = try InProcessHost()
        try await first.start()
        let second = try InProcessHost(listen: Self.listen(admin: "'\(first.api.address)'"))
        await #expect(throws: (any Error).self) { try await second.run() }
        try await first.end()
    }

    @Test func theSocketOfADeadHostIsReplaced() async throws {
        let host = try InProcessHost()
        let state = host.scratch.file("state").path
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        _ = try UnixSocket.listen(at: HostSocket.path(in: state))
        #expect(HostSocket.isThere(in: state) && HostSocket.process(in: state) == nil)
        try await host.start()
        #expect(HostSocket.process(in: state) == Int(ProcessInfo.processInfo.processIdentifier))
        try await host.end()
        #expect(!HostSocket.isThere(in: state))
    }

    @Test func aSocketThatCannotBeMadeIsSaid() async throws {
        let host = try InProcessHost()
        let blocked = URL(filePath: HostSocket.path(in: host.scratch.file("state").path))
        try FileManager.default.createDirectory(at: blocked, withIntermediateDirectories: true)
        let error = await #expect(throws: HostError.self) { try await host.run() }
        #expect(error?.description.contains("host.sock cannot be made: ") == true)
    }
}

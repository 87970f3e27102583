import ConsoleToolkit
import Contract
import HostCore
import Logging
import Testing
import Toolkit

@Suite(.timeLimit(.minutes(1))) struct ServiceReportsTests {
    private static func reports(to manager: NoticeSocket) throws -> ServiceReports {
        let environment = ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "60000"]
        return try #require(ServiceReports(environment: environment, log: Logger(label: "test")))
    }

    @Test func aHostThatIsWellSaysSoAndWhatItServes() async throws {
        let manager = try NoticeSocket()
        let reports = try Self.reports(to: manager)
        let host = FakeHost(try Scene.host())
        let running = Task { await reports.run(of: host) }
        let status = try #require(await manager.notice(containing: "STATUS="))
        #expect(status == "STATUS=2 of 3 relays serve; streams on air: 1, viewers: 7.")
        #expect(await manager.notice(containing: "WATCHDOG=1") != nil)
        running.cancel()
        await running.value
    }

    @Test func whatAHostThatIsReadyServesIsToldWithIt() async throws {
        let manager = try NoticeSocket()
        try Self.reports(to: manager).tellReady(of: FakeHost(try Scene.host()))
        #expect(await manager.notice(containing: "=") == "STATUS=2 of 3 relays serve; streams on air: 1, viewers: 7.")
        #expect(await manager.notice(containing: "=") == "READY=1")
    }

    @Test func aHostOfWhichALoopStandsStillIsSilent() async throws {
        let manager = try NoticeSocket()
        let reports = try Self.reports(to: manager)
        var snapshot = try Scene.host()
        snapshot.loops = [LoopSnapshot(name: "supervisor", lastTick: Scene.second(1))]
        let host = FakeHost(snapshot)
        let running = Task { await reports.run(of: host) }
        #expect(await manager.notice(containing: "STATUS=") != nil)
        // Once it goes on, the first that is heard after all that silence is this.
        host.change {
            $0.loops = [LoopSnapshot(name: "supervisor", lastTick: Scene.now)]
            $0.relays = []
        }
        #expect(await manager.notice(containing: "=") == "STATUS=0 of 0 relays serve; streams on air: 0, viewers: 0.")
        #expect(await manager.notice(containing: "=") == "WATCHDOG=1")
        running.cancel()
        await running.value
    }

    @Test func whereNobodyAskedNobodyIsTold() {
        #expect(ServiceReports(environment: [:], log: Logger(label: "test")) == nil)
    }
}

import Linux
import Testing
import Toolkit

@Suite struct ServiceManagerTests {
    @Test func whatItIsToldArrivesInOneDatagram() throws {
        let manager = try NoticeSocket()
        let told = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": manager.name]))
        try told.tell(.ready, .status("Two relays,\nand a forged READY=1"))
        #expect(manager.heard() == "READY=1\nSTATUS=Two relays, and a forged READY=1")
        try told.tell(.alive)
        try told.tell(.stopping)
        #expect(manager.heard() == "WATCHDOG=1")
        #expect(manager.heard() == "STOPPING=1")
        #expect(manager.heard() == nil)
        #expect(told.watchdog == nil)
    }

    @Test func aManagerThatIsGoneIsAnErrorAndNoTrap() throws {
        let told = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": "/nowhere/notify"]))
        #expect(throws: LinuxError.self) { try told.tell(.ready) }
    }

    @Test func theWatchdogIsForTheProcessThatItNames() {
        let base = ["NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "5000000"]
        #expect(ServiceManager(environment: base, process: 7)?.watchdog == .seconds(5))
        let meant = base.merging(["WATCHDOG_PID": "7"]) { $1 }
        #expect(ServiceManager(environment: meant, process: 7)?.watchdog == .seconds(5))
        #expect(ServiceManager(environment: meant, process: 8)?.watchdog == nil)
    }

    @Test(arguments: [
        [:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "vsock:2:1"],
        ["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 108)],
    ])
    func nobodyIsToldWhereNobodyAsked(environment: [String: String]) {
        #expect(ServiceManager(environment: environment) == nil)
    }

    @Test(arguments: ["", "0", "-5", "x", "99999999999999999999"])
    func aWatchdogWithoutAnIntervalIsNone(text: String) {
        #expect(ServiceManager(environment: ["NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": text])?.watchdog == nil)
    }
}

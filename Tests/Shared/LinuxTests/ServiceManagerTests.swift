import Foundation
import Glibc
import Linux
import Testing

@Suite struct ServiceManagerTests {
    /// A unix socket that takes datagrams, as a service manager has one.
    private final class Manager {
        let number: Int32

        init(_ name: [UInt8]) {
            self.number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
            let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
            let bound = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe bind(self.number, $0, length)
                }
            }
            precondition(bound == 0)
        }

        deinit { close(self.number) }

        func heard() -> String? {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = unsafe recv(self.number, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    @Test func whatItIsToldArrivesInOneDatagram() throws {
        let name = "transponder-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let manager = Manager([0] + Array(name.utf8))
        let told = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": "@\(name)"]))
        try told.tell(.ready, .status("Two relays,\nand a forged READY=1"))
        #expect(manager.heard() == "READY=1\nSTATUS=Two relays, and a forged READY=1")
        try told.tell(.reloading(microseconds: 17))
        #expect(manager.heard() == "RELOADING=1\nMONOTONIC_USEC=17")
        try told.tell(.alive)
        try told.tell(.stopping)
        #expect(manager.heard() == "WATCHDOG=1")
        #expect(manager.heard() == "STOPPING=1")
        #expect(manager.heard() == nil)
        #expect(told.watchdog == nil)
    }

    @Test func aFileIsASocketToo() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "notify-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let manager = Manager(Array(path.utf8))
        try ServiceManager(environment: ["NOTIFY_SOCKET": path])?.tell(.ready)
        #expect(manager.heard() == "READY=1")
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

package import Contract
package import FrontDoor
package import Logging
import Toolkit

/// A front door on loopback with a host behind it that has a relay `live`.
package final class Entrance: Sendable {
    package let reception: FakeReception
    package let door: FrontDoor
    package let rtmp: String
    package let http: String
    package let rtsp: String

    package static let live = relay("live")

    package static let silence: Logger = {
        var log = Logger(label: "door")
        log.logLevel = .critical
        return log
    }()

    package static func relay(_ name: String) -> RelayName {
        guard let name = try? RelayName(name) else { preconditionFailure("\(name) is no name") }
        return name
    }

    package init(
        isReady: Bool = true,
        limits: FrontDoorLimits = FrontDoorLimits(),
        log: Logger = Entrance.silence,
        openConnections: @escaping @Sendable () -> Int = { 0 }
    ) throws {
        self.reception = FakeReception(known: [Self.live], ready: isReady ? [Self.live] : [])
        self.door = try FrontDoor(
            reception: self.reception,
            limits: limits,
            openConnections: openConnections,
            log: log
        )
        let anywhere = try ListenAddress("127.0.0.1:0")
        self.rtmp = try self.door.listen(.rtmp, on: [anywhere])[0].description
        self.http = try self.door.listen(.http, on: [anywhere])[0].description
        self.rtsp = try self.door.listen(.rtsp, on: [anywhere])[0].description
    }

    deinit {
        self.door.stop()
    }

    package func become(ready isReady: Bool) {
        self.reception.observed.change { state in
            if isReady { state.ready.insert(Self.live) } else { state.ready.remove(Self.live) }
        }
        self.door.retry(Self.live)
    }

    /// Waits until the front door has counted what is wanted: it counts before it acts, and nobody tells when.
    package func counts(_ what: String, _ isMet: @Sendable (DoorSnapshot) -> Bool) async throws {
        for _ in 0..<2000 {
            if isMet(self.door.snapshot) { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw NotCounted(what: what, snapshot: self.door.snapshot)
    }

    package struct NotCounted: Error {
        let what: String
        let snapshot: DoorSnapshot
    }
}

package import Console
package import Contract
internal import Health
package import Linux
package import Logging

/// Keeps the service manager that started the host told of how it is: `systemctl status` shows it, and the watchdog restarts
/// a host of which one loop stands still.
package struct ServiceReports: Sendable {
    private let manager: ServiceManager
    private let log: Logger

    /// Without a watchdog only the sentence is renewed.
    private static let interval = Duration.seconds(5)

    /// Nil where no service manager asked.
    package init?(environment: [String: String], log: Logger) {
        guard let manager = ServiceManager(environment: environment) else { return nil }
        self.manager = manager
        self.log = log
    }

    package func tell(_ notice: ServiceManager.Notice) {
        do throws(LinuxError) {
            try self.manager.tell(notice)
        } catch {
            self.log.warning("the service manager cannot be told", metadata: ["error": "\(error)"])
        }
    }

    /// Says that the host serves, and what: whoever looks at once is not shown what was true before.
    package func tellReady(of host: some Host) {
        self.tell(.status(Self.sentence(host.snapshot())))
        self.tell(.ready)
    }

    /// Says how the host is, several times in each interval of the watchdog, until it is cancelled. A host whose `/livez` fails
    /// says nothing, and so is restarted.
    package func run(of host: some Host) async {
        let pause = self.manager.watchdog.map { min($0 / 3, Self.interval) } ?? Self.interval
        var last = ""
        while (try? await Task.sleep(for: pause)) != nil {
            let snapshot = host.snapshot()
            let sentence = Self.sentence(snapshot)
            if sentence != last { self.tell(.status(sentence)) }
            last = sentence
            if self.manager.watchdog != nil, ProbeAnswer.liveness(snapshot).httpStatus == 200 { self.tell(.alive) }
        }
    }

    /// `1 of 2 relays serves; streams on air: 3, viewers: 250.`
    package static func sentence(_ host: HostSnapshot) -> String {
        let serving = host.relays.count { $0.serves }
        let streams = host.relays.flatMap { $0.snapshot?.streams ?? [] }
        let viewers = streams.reduce(0) { $0 + $1.outputs.values.reduce(0) { $0 + max(0, $1.viewers) } }
        return "\(serving) of \(host.relays.count) relays \(serving == 1 ? "serves" : "serve"); streams on air: "
            + "\(streams.count { $0.source != nil }), viewers: \(viewers)."
    }
}

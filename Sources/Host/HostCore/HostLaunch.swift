internal import Containers
internal import Contract
internal import FoundationEssentials
internal import FrontDoor
internal import Greeting
internal import Linux
package import Logging
internal import Logs
internal import Settings
internal import Supervisor
internal import Synchronization

/// Starts a host, and runs it until it is told to end.
package struct HostLaunch: Sendable {
    private enum Event: Sendable {
        case ready
        case hopeless(RuntimeError)
        case changed
        case ending
    }

    private let settings: HostSettings
    private let relayProgram: String
    private let logLevel: Logger.Level

    /// - Parameters:
    ///   - settings: Where the configuration comes from.
    ///   - relayProgram: The path of what runs in the containers.
    ///   - logLevel: Of this process and its relays.
    package init(settings: HostSettings, relayProgram: String, logLevel: Logger.Level) {
        self.settings = settings
        self.relayProgram = relayProgram
        self.logLevel = logLevel
    }

    package func run() async throws {
        let level = self.logLevel
        let log = Logger(label: "transponder") { _ in LineLogHandler(level: level) }
        let wish = try self.settings.load()
        for warning in wish.warnings { log.warning("\(warning.description)") }
        let state = try StateDirectory(preparing: wish.state)
        let lock = try HostLock(state.path)
        let keyed = try Keyring(state: state).keyed(wish.relays)
        let token = try state.apiToken()
        OpenFileLimit.raise()
        let runtime = try RuntimeChoice.make(wish.isolation)
        if wish.isolation == .none { log.warning("\(BareRuntime.warning)") }
        for sentence in await runtime.removeLeftovers() { log.warning("\(sentence)") }

        let (events, event) = AsyncStream.makeStream(of: Event.self)
        let host = try HostProcess(
            settings: self.settings,
            isolation: wish.isolation,
            runtime: runtime,
            plan: InstancePlan(program: self.relayProgram, logLevel: level.rawValue, environment: self.environment),
            stateDirectory: state,
            log: log
        )
        let ending = ShutdownSignal(atOnce: { host.supervisor.killEverything() })
        Task {
            await ending.received()
            event.yield(.ending)
        }
        defer { lock.withdraw() }
        do {
            try host.open(wish, keyed.map(\.spec), token: token.secret)
            try lock.publish(http: host.listening.http)
        } catch {
            await host.drain()
            throw error
        }
        Task {
            do throws(RuntimeError) {
                try await host.supervisor.everyRelayReady()
                event.yield(.ready)
            } catch {
                event.yield(.hopeless(error))
            }
        }
        let reports = ServiceReports(environment: self.settings.environment, log: log)
        let reporting = reports.map { reports in Task { await reports.run(of: host) } }
        defer { reporting?.cancel() }
        let watch = ConfigurationWatch(self.settings.file, and: self.settings.named) { event.yield(.changed) }
        defer { withExtendedLifetime(watch) {} }
        for await event in events {
            switch event {
            case .ready:
                self.greet(host, keyed, token)
                reports?.tell(.ready)
            case .changed: _ = try? await host.reloadConfiguration()
            case .hopeless(let error):
                await host.drain()
                throw error
            case .ending:
                log.notice("draining")
                reports?.tell(.stopping)
                await host.drain()
                log.notice("ended")
                return
            }
        }
    }

    /// What of the host's environment a relay may see.
    private var environment: [String: String] {
        // Swift's crash reports would look for a program that is not in the container.
        ["SWIFT_BACKTRACE": "enable=no", "TZ": self.settings.environment["TZ"] ?? "UTC"]
    }

    private func greet(_ host: HostProcess, _ keyed: [(spec: RelaySpec, key: Banner.Key)], _ token: KeptKey) {
        let listening = host.listening
        let machine = LocalAddresses.reachable()
        let banner = HostBanner(
            relays: keyed.map { relay in
                (relay.spec.name, Banner(relay.spec, listen: listening, key: relay.key, machine: machine))
            },
            listen: listening,
            isolation: host.isolation,
            token: token.file,
            machine: machine
        )
        StandardStream.output.write(banner.text)
        // The line that programs wait for: every listener and its real address.
        let words = DoorProtocol.allCases.compactMap { kind in listening[kind].map { "\(kind.rawValue)=\($0)" } }
        StandardStream.output.print("ready " + words.joined(separator: " "))
    }
}

internal import Console
package import Containers
package import Contract
internal import FoundationEssentials
internal import FrontDoor
internal import Greeting
internal import Holder
package import Linux
package import Logging
internal import Settings
internal import Supervisor
internal import Synchronization

/// Asks for the end of a host; once is enough.
package protocol EndRequest: AnyObject {
    /// Returns when the end is asked for.
    func received() async
}

extension ShutdownSignal: EndRequest {}

/// Starts a host, and runs it until it is told to end.
package struct HostLaunch: Sendable {
    private enum Event: Sendable {
        case ready
        case hopeless(RuntimeError)
        case changed
        case ending
    }

    /// Makes the container runtime of an isolation.
    package typealias Runtimes = @Sendable (Isolation) throws(RuntimeError) -> any ContainerRuntime

    private let settings: HostSettings
    private let relayProgram: String
    private let holderProgram: String?
    private let log: Logger
    private let runtimes: Runtimes
    private let print: @Sendable (String) -> Void

    /// - Parameters:
    ///   - settings: Where the configuration comes from.
    ///   - relayProgram: The path of what runs in the containers.
    ///   - holderProgram: The path of the program that ``holderArguments`` make hold descriptors over the host's death; nil
    ///     where relays end with the host.
    ///   - log: Its level is that of the relays, too.
    ///   - runtimes: What the relays run in.
    ///   - print: Takes what a person or a script reads: the banner, and the line that says that all is ready.
    package init(
        settings: HostSettings,
        relayProgram: String,
        holderProgram: String? = nil,
        log: Logger,
        runtimes: @escaping Runtimes = RuntimeChoice.make,
        print: @escaping @Sendable (String) -> Void = { StandardStream.output.write($0) }
    ) {
        self.settings = settings
        self.relayProgram = relayProgram
        self.holderProgram = holderProgram
        self.log = log
        self.runtimes = runtimes
        self.print = print
    }

    /// Runs the host until its end is asked for, or until a relay can never be ready; nothing is left when it returns.
    ///
    /// - Parameter makeRequest: Given what ends everything at once, without waiting.
    /// - Throws: where it cannot be started, or a relay never can.
    package func run<Request: EndRequest & SendableMetatype>(
        until makeRequest: (_ killEverything: @escaping @Sendable () -> Void) -> sending Request
    ) async throws {
        let log = self.log
        let configuration = try self.settings.load()
        for warning in configuration.warnings { log.warning("\(warning.description)") }
        let state = try StateDirectory(preparing: configuration.state)
        let lock = try await HostLock(state.path)
        let keyed = try configuration.relays.map { try KeyedRelay($0, state: state) }
        let token = try state.apiToken()
        OpenFileLimit.raise()
        let runtime = try self.runtimes(configuration.isolation)
        if configuration.isolation == .none { log.warning("\(BareRuntime.warning)") }
        let holder = await self.holder(in: state.path, for: configuration.withoutHost)
        for sentence in await runtime.removeLeftovers() { log.warning("\(sentence)") }

        let (events, event) = AsyncStream.makeStream(of: Event.self)
        let host = try HostProcess(
            settings: self.settings,
            isolation: configuration.isolation,
            runtime: runtime,
            plan: InstancePlan(
                program: self.relayProgram,
                logLevel: log.logLevel.rawValue,
                environment: self.environment,
                withoutHost: holder == nil ? .zero : configuration.withoutHost
            ),
            stateDirectory: state,
            history: configuration.history,
            alerts: configuration.alerts,
            holder: holder,
            keepsStandby: configuration.keepsStandby,
            print: self.print,
            log: log
        )
        let request = makeRequest {
            host.supervisor.killEverything()
            holder?.dismiss()
        }
        Task {
            await request.received()
            event.yield(.ending)
        }
        defer { lock.withdraw() }
        do {
            try await host.open(configuration, keyed.map(\.spec), token: token.secret)
            try host.openLocally()
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
                reports?.tellReady(of: host)
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

    /// What makes the program hold descriptors, and how long without a host.
    private static func holderArguments(_ path: String, _ absence: Duration) -> [String] {
        ["hold", path, "--without-host", DurationText.text(absence)]
    }

    /// What makes that process; nil where there is no program for it.
    private func holder(at path: String, for absence: Duration) -> Holder.Maker? {
        guard let program = self.holderProgram else { return nil }
        let arguments = Self.holderArguments(path, absence)
        return { () throws(LinuxError) -> HeldDescriptor in try Holder.spawn(program, arguments, at: path) }
    }

    /// What holds descriptors over the host's death; nil where nothing does.
    private func holder(in state: String, for absence: Duration) async -> Holder? {
        let path = "\(state)/holder.sock"
        let make = self.holder(at: path, for: absence)
        if let found = await Holder.find(at: path, otherwise: make, log: self.log) {
            if absence > .zero { return found }
            await found.end()
            return nil
        }
        guard let make, absence > .zero else { return nil }
        do throws(LinuxError) {
            return try .start(make, log: self.log)
        } catch {
            self.log.warning(
                "connections end with the host should it die: nothing can hold them",
                metadata: ["reason": "\(error)"]
            )
            return nil
        }
    }

    /// What of the host's environment a relay may see.
    private var environment: [String: String] {
        // Swift's crash reports would look for a program that is not in the container.
        ["SWIFT_BACKTRACE": "enable=no", "TZ": self.settings.environment["TZ"] ?? "UTC"]
    }

    private func greet(_ host: HostProcess, _ keyed: [KeyedRelay], _ token: KeptKey) {
        let listening = host.listening
        let machine = LocalAddresses.reachable()
        let banner = HostBanner(
            relays: keyed.map { relay in
                let banner = Banner(
                    relay.spec,
                    listen: listening,
                    key: relay.origin,
                    machine: machine,
                    hasPages: true
                )
                return (relay.spec.name, banner)
            },
            listen: listening,
            isolation: host.isolation,
            token: token.file,
            console: host.hostDesk?.consoleLink(machine: machine.first)?.url,
            machine: machine
        )
        self.print(banner.text)
        // The line that programs wait for: every listener and its real address.
        self.print("ready " + listening.words.joined(separator: " ") + "\n")
    }
}

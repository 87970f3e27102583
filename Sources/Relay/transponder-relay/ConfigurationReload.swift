import Contract
import Logging
import RelayServer
import Settings

/// Puts a changed configuration into force in a relay that runs by itself, one after the other. One that is wrong changes
/// nothing.
actor ConfigurationReload {
    private let source: ConfigurationSource
    private let choice: RelayChoice
    private let listen: ListenSpec
    private let state: String
    private let server: RelayServer
    private let log: Logger

    init(_ launch: RelayLaunch, _ server: RelayServer) {
        self.source = launch.source
        self.choice = launch.choice
        self.listen = launch.listen
        self.state = launch.state
        self.server = server
        self.log = launch.logger
    }

    func perform() {
        do {
            let configuration = try self.source.load()
            for warning in configuration.warnings { self.log.warning("\(warning.description)") }
            let (spec, listen) = try self.choice.pick(from: configuration)
            var deferred = try self.server.apply(KeyedRelay(spec, state: StateDirectory(preparing: self.state)).spec)
            if listen != self.listen {
                deferred.append("listen: ports stay as they are until the relay is started again.")
            }
            self.server.noteConfiguration(deferred: deferred)
            self.log.notice("configuration applied")
            for sentence in deferred { self.log.warning("not in effect yet", metadata: ["what": "\(sentence)"]) }
        } catch {
            self.server.noteConfiguration(problem: "\(error)")
            self.log.error(
                "the configuration is refused; the one before is in force still",
                metadata: ["problem": "\(error)"]
            )
        }
    }
}

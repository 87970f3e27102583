internal import ArgumentParser
internal import Contract
internal import FoundationEssentials
internal import HostCore
internal import Linux
internal import Operator
internal import Settings

/// How commands find the host they speak to.
struct HostOptions: ParsableArguments {
    @Option(
        help: "Where the host is asked, one of listen.admin: http://HOST:PORT. (default: the one of this machine)"
    )
    var url: String?

    @OptionGroup var source: ConfigurationOptions

    @Option(help: ArgumentHelp("The state directory of the host that runs on this machine.", valueName: "directory"))
    var state: String?

    @Option(help: "How long to wait for an answer.")
    var timeout = TimeSpan(seconds: 3)

    /// At an address the API wants a token; on a command line everybody could read it.
    static let tokenVariable = "TRANSPONDER_API_TOKEN"

    func client(atLeast least: Duration = .zero) throws(CommandError) -> HostClient {
        HostClient(try self.place(), timeout: max(self.timeout.duration, least))
    }

    func request(_ method: String = "GET", _ path: String) throws(CommandError) -> ClientRequest {
        ClientRequest(method, path, token: try Self.token())
    }

    private static func token() throws(CommandError) -> Secret? {
        guard let text = ProcessInfo.processInfo.environment[self.tokenVariable], !text.isEmpty else { return nil }
        do {
            return try Secret(text)
        } catch {
            throw CommandError("\(self.tokenVariable): \(error)")
        }
    }

    private func place() throws(CommandError) -> HostClient.Place {
        if let url {
            guard let address = BaseAddress(url) else {
                throw CommandError("'\(url)' is not an address to ask; write it as http://127.0.0.1:8081")
            }
            return .address(address)
        }
        let directories = StateDirectories.candidates(try self.namedState())
        if let directory = directories.first(where: HostSocket.isThere) {
            return .socket(HostSocket.path(in: directory))
        }
        // A host that is just starting, or whose disk is full, has the directory and no socket in it.
        if let directory = directories.first(where: { SmallFile.kind(of: $0) != nil && HostLock.isHeld($0) }) {
            throw CommandError(
                "a host has the state directory \(directory) but is not found in it; try again in a moment, as the user whom "
                    + "it runs as, or as root, or name it with --url http://HOST:PORT"
            )
        }
        // A relay that runs by itself, in an image or a pod, keeps no such file: its configuration says where it listens.
        if self.state == nil,
            let address = try self.configuration()?.listen[all: .http]
                .reachedFromHere.flatMap(BaseAddress.init(listening:))
        {
            return .address(address)
        }
        throw CommandError(
            "no running host is known in \(directories.joined(separator: " or ")): start one with transponder up, or say "
                + "where it is with --state DIRECTORY or --url http://HOST:PORT"
        )
    }
}

extension HostOptions {
    /// As it is given, or as a configuration that is given names it: the host that was started with it keeps its state there.
    private func namedState() throws(CommandError) -> String? {
        if let state { return state }
        let environment = ProcessInfo.processInfo.environment
        guard let state = try self.configuration()?.state else { return nil }
        // Where nothing is written it depends on who runs the host, which may be somebody else.
        return state == StandardState.path(environment: environment) ? nil : state
    }

    /// The file that is named, if any.
    private func configuration() throws(CommandError) -> Configuration? {
        guard let path = self.source.path else { return nil }
        do throws(ConfigurationError) {
            return try ConfigurationFile.load(path, environment: ProcessInfo.processInfo.environment)
        } catch {
            // A mistake in it is no reason not to ask a host that runs with the one before; and one that was not named
            // here is not missed.
            guard error.isUnreadable, self.source.config != nil else { return nil }
            throw CommandError(error.description)
        }
    }
}

extension BaseAddress {
    /// Where what listens there is asked from this machine; nil for port 0, which is another one each time.
    fileprivate init?(listening address: ListenAddress) {
        guard address.port != 0 else { return nil }
        let loopback = address.isIPv6 ? "::1" : "127.0.0.1"
        self.init(host: address.isWildcard ? loopback : address.host, port: address.port)
    }
}

/// Where a host may have its state.
enum StateDirectories {
    static func candidates(_ given: String?) -> [String] {
        let environment = ProcessInfo.processInfo.environment
        if let named = given ?? environment["TRANSPONDER_STATE"], !named.isEmpty { return [named] }
        return StandardState.candidates(environment: environment)
    }
}

internal import ArgumentParser
internal import Console
internal import Contract
internal import FoundationEssentials

/// How commands find the host they speak to.
struct HostOptions: ParsableArguments {
    @Option(help: "Where the host is asked: http://HOST:PORT. (default: the one that runs on this machine)")
    var url: String?

    @Option(help: ArgumentHelp("The state directory of the host that runs on this machine.", valueName: "directory"))
    var state: String?

    @Option(help: "How long to wait for an answer.")
    var timeout = TimeSpan(seconds: 3)

    /// From another machine the API wants a token; on a command line everybody could read it.
    static let tokenVariable = "TRANSPONDER_API_TOKEN"

    func client() throws(Failure) -> HostClient {
        HostClient(address: try self.address(), patience: self.timeout.duration)
    }

    func request(_ method: String = "GET", _ path: String) throws(Failure) -> ClientRequest {
        ClientRequest(method, path, token: try Self.token())
    }

    private static func token() throws(Failure) -> Secret? {
        guard let text = ProcessInfo.processInfo.environment[self.tokenVariable], !text.isEmpty else { return nil }
        do {
            return try Secret(text)
        } catch {
            throw Failure("\(self.tokenVariable): \(error)")
        }
    }

    private func address() throws(Failure) -> BaseAddress {
        if let url {
            guard let address = BaseAddress(url) else {
                throw Failure("'\(url)' is not an address to ask; write it as http://127.0.0.1:8080")
            }
            return address
        }
        let directories = StateDirectories.candidates(self.state)
        for directory in directories {
            let path = "\(directory)/\(HostFile.name)"
            guard FileManager.default.fileExists(atPath: path) else { continue }
            guard let file = try? HostFile(reading: Files.read(path)) else {
                throw Failure("\(path) cannot be understood; say where the host is with --url http://HOST:PORT")
            }
            guard let http = file.http, let address = BaseAddress(http) else {
                throw Failure("the host that runs here has HTTP switched off, so it cannot be asked: set listen.http")
            }
            return address
        }
        throw Failure(
            "no running host is known in \(directories.joined(separator: " or ")): start one with transponder up, or say "
                + "where it is with --state DIRECTORY or --url http://HOST:PORT"
        )
    }
}

/// Where a host may have its state when nobody says.
enum StateDirectories {
    static func candidates(_ given: String?) -> [String] {
        let environment = ProcessInfo.processInfo.environment
        if let named = given ?? environment["TRANSPONDER_STATE"], !named.isEmpty { return [named] }
        let own = environment["XDG_STATE_HOME"] ?? environment["HOME"].map { "\($0)/.local/state" }
        return (own.map { ["\($0)/transponder"] } ?? []) + ["/var/lib/transponder"]
    }
}

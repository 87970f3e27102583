import Contract
import Pages
import Web

/// What an HTTP address of the host means.
enum ConsoleRoute: Hashable, Sendable {
    case page
    /// A file of the console's page.
    case asset(String, String)
    case alive, ready, metrics
    case health, relayHealth(RelayName), streamHealth(StreamPath)
    case api(ApiRoute)
    /// The address belongs to a relay, if there is such a one.
    case relay(RelayName)

    /// Longest path read, bytes.
    static let pathLimit = 512

    /// Reads the target of a request.
    init(_ target: HTTPTarget) throws(ApiProblem) {
        guard target.path.utf8.count <= Self.pathLimit else {
            throw ApiProblem(.unknownAddress, "The address is longer than \(Self.pathLimit) characters.")
        }
        guard let parts = target.components else {
            throw ApiProblem(.badRequest, "The address is not percent-encoded UTF-8.")
        }
        guard let first = parts.first else {
            self = .page
            return
        }
        switch (first, parts.count) {
        case (ConsoleFiles.folder, 3): self = .asset(parts[1], parts[2])
        case ("livez", 1): self = .alive
        case ("readyz", 1): self = .ready
        case ("metrics", 1): self = .metrics
        case ("health", 1): self = .health
        case ("health", 2): self = .relayHealth(try Self.relay(parts[1]))
        case ("health", 3):
            self = .streamHealth(try StreamPath(relay: Self.relay(parts[1]), stream: Self.stream(parts[2])))
        case ("health", _): throw ApiProblem(.unknownAddress, "Health is asked for as /health/RELAY/STREAM.")
        case ("api", _): self = .api(try ApiRoute(Array(parts.dropFirst())))
        default: self = .relay(try Self.relay(first))
        }
    }

    static func relay(_ text: String) throws(ApiProblem) -> RelayName {
        do {
            return try RelayName(text)
        } catch {
            throw ApiProblem(.unknownRelay, "\(error)")
        }
    }

    static func stream(_ text: String) throws(ApiProblem) -> StreamName {
        do {
            return try StreamName(text)
        } catch {
            throw ApiProblem(.unknownStream, "\(error)")
        }
    }
}

/// What an address below `/api` means.
enum ApiRoute: Hashable, Sendable {
    case document
    case status, relays
    case relay(RelayName)
    case streams(RelayName)
    case stream(StreamPath)
    case publisher(StreamPath)
    case acceptance(StreamPath)
    case still(StreamPath)
    case viewers(RelayName)
    case venues(RelayName)
    case history(RelayName)
    case links(RelayName)
    case events, recorded
    case alertTest
    case report(RelayName)
    case viewer(RelayName, UInt64)
    case replacement(RelayName)
    case newKey(RelayName)
    case reload
    case consoleLinks

    /// Reads what comes behind `/api`.
    init(_ parts: [String]) throws(ApiProblem) {
        guard parts.first == "v1" else { throw Self.nothing }
        let rest = Array(parts.dropFirst())
        switch rest.first {
        case "openapi.json" where rest.count == 1: self = .document
        case "status" where rest.count == 1: self = .status
        case "events" where rest.count == 1: self = .events
        case "events" where rest == ["events", "recorded"]: self = .recorded
        case "alerts" where rest == ["alerts", "test"]: self = .alertTest
        case "reload" where rest.count == 1: self = .reload
        case "console" where rest == ["console", "links"]: self = .consoleLinks
        case "relays": self = try Self.below(Array(rest.dropFirst()))
        default: throw Self.nothing
        }
    }

    private static func below(_ parts: [String]) throws(ApiProblem) -> ApiRoute {
        guard let first = parts.first else { return .relays }
        let relay = try ConsoleRoute.relay(first)
        switch (parts.dropFirst().first, parts.count) {
        case (nil, _): return .relay(relay)
        case ("streams", 2): return .streams(relay)
        case ("streams", 3): return .stream(StreamPath(relay: relay, stream: try ConsoleRoute.stream(parts[2])))
        case ("streams", 4) where parts[3] == "publisher":
            return .publisher(StreamPath(relay: relay, stream: try ConsoleRoute.stream(parts[2])))
        case ("streams", 4) where parts[3] == "accept":
            return .acceptance(StreamPath(relay: relay, stream: try ConsoleRoute.stream(parts[2])))
        case ("streams", 4) where parts[3] == "still":
            return .still(StreamPath(relay: relay, stream: try ConsoleRoute.stream(parts[2])))
        case ("viewers", 2): return .viewers(relay)
        case ("venues", 2): return .venues(relay)
        case ("history", 2): return .history(relay)
        case ("links", 2): return .links(relay)
        case ("report", 2): return .report(relay)
        case ("viewers", 3):
            guard let number = UInt64(parts[2]) else {
                throw ApiProblem(
                    .unknownViewer,
                    "Viewers have numbers; GET /api/v1/relays/\(relay)/viewers lists them."
                )
            }
            return .viewer(relay, number)
        case ("key", 2): return .newKey(relay)
        case ("replace", 2): return .replacement(relay)
        default: throw self.nothing
        }
    }

    /// The one it answers, beside HEAD where it is GET, and OPTIONS.
    var method: HTTPRequest.Method {
        switch self {
        case .document, .status, .relays, .relay, .streams, .stream, .still, .viewers, .venues, .history, .links,
            .events, .recorded, .report:
            .get
        case .publisher, .viewer: .delete
        case .acceptance, .replacement, .newKey, .reload, .alertTest, .consoleLinks: .post
        }
    }

    private static let nothing = ApiProblem(
        .unknownAddress,
        "The API has no such address; /api/v1/openapi.json lists those it has."
    )
}

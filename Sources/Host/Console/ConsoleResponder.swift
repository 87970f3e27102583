package import Contract
import Events
package import Health
import NIOCore
import NIOHTTP1
import Pages
package import Web

/// The host's answer to a request: a reply, or the relay that it is for.
package enum ConsoleAnswer: Sendable {
    case reply(HTTPReply)
    /// The reply comes once a relay has answered, or has not in time.
    case pending(@Sendable () async -> HTTPReply)
    /// The request is for a relay there is: the connection belongs there.
    case relay(RelayName)
    /// The reply has no end: the feed is asked for more as long as the connection is open.
    case feed(ConsoleFeed)
}

/// Answers requests that are for the host itself: page, API, health, metrics. Knows no socket and no clock: time comes
/// with the ``Host``'s snapshot.
package final class ConsoleResponder: Sendable {
    let judgements: Judgements
    let refusals = RefusalCount()
    let live: LiveDesk

    let host: any Host
    let access: ConsoleAccess

    /// - Parameters:
    ///   - host: Kept for as long as the responder is.
    ///   - token: What callers of the API must show; nil shuts out all that have no session.
    ///   - memory: What another host knew of the streams when it ended.
    ///   - makeSecret: Makes codes and sessions of browsers; nil: of the system's randomness.
    package init(
        host: any Host,
        token: Secret?,
        memory: HealthMemory? = nil,
        makeSecret: (@Sendable () -> Secret)? = nil
    ) {
        self.host = host
        self.judgements = Judgements(remembering: memory)
        self.live = LiveDesk(log: host.events)
        self.access = ConsoleAccess(
            token: token,
            makeSecret: makeSecret ?? {
                var random = SystemRandomNumberGenerator()
                return .random(using: &random)
            }
        )
    }

    /// To be called about once a second: what is usual for a stream is known only to who looks regularly.
    package func observe() {
        let host = self.host.snapshot()
        self.judgements.observe(host)
        self.live.observe(ViewMaker(host: host, judgements: self.judgements).hostView(), now: host.clock.now)
    }

    /// What of the streams outlives the host, as of the last look; nil before the first.
    package var memory: HealthMemory? { self.judgements.memory }

    /// What a request gets. A reply to HEAD carries the body that GET would have got, for its length; it is not to be
    /// sent.
    package func answer(_ request: HTTPRequest, from caller: Caller) -> ConsoleAnswer {
        let isApi = request.path.hasPrefix("/api/") || request.path == "/api"
        // Asks what the server as a whole can do (RFC 9110 section 9.3.7).
        if request.method == .options, request.path == "*" { return .reply(CrossOrigin().preflight(request)) }
        do throws(ApiProblem) {
            if caller.entrance == .everybody {
                // Nothing that a relay may answer, too, has the API.
                if isApi { throw self.notHere(caller) }
                let route = try ConsoleRoute(request.target)
                if case .api = route { throw self.notHere(caller) }
                return try self.answer(route, request)
            }
            if request.path == Self.loginPath { return .reply(try self.logIn(request, caller)) }
            if let relay = Self.reportedRelay(request) { return try self.report(of: relay, request, caller) }
            switch try ConsoleRoute(request.target) {
            case .api(let route): return try self.answer(route, request, caller)
            case .page where request.method == .get || request.method == .head:
                return .reply(try self.console(request, caller))
            case .asset(let version, let name) where request.method == .get || request.method == .head:
                // What the page is made of is the same for everybody.
                guard let file = ConsoleFiles.asset(version, name) else { throw Self.nothing }
                return .reply(file)
            case .page where request.method == .options: return .reply(Self.options(.get))
            case .relay:
                throw ApiProblem(.unknownAddress, "Relays are not served at this address, but at those of listen.http.")
            case let route: return try self.answer(route, request)
            }
        } catch {
            return .reply(isApi ? self.problem(error) : self.plainProblem(error))
        }
    }

    /// As ``answer(_:from:)`` for who can wait; nil where the request is a relay's.
    package func respond(to request: HTTPRequest, from caller: Caller) async -> HTTPReply? {
        switch self.answer(request, from: caller) {
        case .reply(let reply): reply
        case .pending(let finish): await finish()
        case .relay: nil
        case .feed(var feed):
            HTTPReply(.ok, contentType: ConsoleFeed.contentType, body: feed.next() ?? ByteBuffer())
        }
    }

    private func notHere(_ caller: Caller) -> ApiProblem {
        let sentence = "The API is not served at this address."
        guard caller.isLoopback else { return ApiProblem(.notServedHere, sentence) }
        guard let address = self.host.snapshot().admin.compactMap(\.address).reachedFromHere else {
            return ApiProblem(.notServedHere, "\(sentence) listen.admin, which would have it, is off.")
        }
        return ApiProblem(.notServedHere, "\(sentence) It is at http://\(address)/api/v1/, with the token.")
    }

    // MARK: - For everybody

    private func answer(_ route: ConsoleRoute, _ request: HTTPRequest) throws(ApiProblem) -> ConsoleAnswer {
        let host = self.host.snapshot()
        if case .relay(let name) = route {
            guard host.relays.contains(where: { $0.name == name }) else { throw Self.unknown(name, host) }
            return .relay(name)
        }
        guard request.method != .options else { return .reply(CrossOrigin().preflight(request)) }
        guard request.method == .get || request.method == .head else {
            return .reply(Self.notAllowed(.get, isApi: false))
        }
        let pages = HealthPages(host: host, judgements: self.judgements)
        switch route {
        case .alive: return .reply(HealthPages.reply(.probe(.liveness(host))))
        case .ready: return .reply(HealthPages.reply(.probe(.readiness(host))))
        case .metrics:
            let form = MetricsForm(accepting: request.values(of: "accept"))
            return .reply(pages.metrics(as: form, apiRefusals: self.refusals.all))
        case .health: return .reply(pages.health())
        case .relayHealth(let name): return .reply(pages.health(of: try Self.find(name, host)))
        case .streamHealth(let path): return .reply(try pages.health(of: path, try Self.find(path.relay, host)))
        // The pages answer there.
        case .api, .relay, .page, .asset: throw Self.nothing
        }
    }

    private static let nothing = ApiProblem(.unknownAddress, "There is nothing here.")

    // MARK: - The console

    private func console(_ request: HTTPRequest, _ caller: Caller) throws(ApiProblem) -> HTTPReply {
        let host = self.host.snapshot()
        do throws(ApiProblem) {
            try self.access.admit(request, from: caller, now: host.clock.now)
        } catch {
            guard error.code == .tokenMissing else { throw error }
            throw ApiProblem(
                .tokenMissing,
                "This is the console. A link that 'transponder console' prints on the host's machine opens it."
            )
        }
        return ConsoleFiles.page
    }

    // MARK: - The API

    private func answer(
        _ route: ApiRoute,
        _ request: HTTPRequest,
        _ caller: Caller
    ) throws(ApiProblem) -> ConsoleAnswer {
        if request.method == .options { return .reply(Self.options(route.method)) }
        let method = request.method == .head ? .get : request.method
        guard method == route.method else { return .reply(Self.notAllowed(route.method, isApi: true)) }
        // The document tells nothing of this host.
        if route == .document { return .reply(Self.json(OpenAPIDocument.json, isForEverySite: true)) }
        let snapshot = self.host.snapshot()
        try self.access.admit(request, from: caller, now: snapshot.clock.now)
        let maker = ViewMaker(host: snapshot, judgements: self.judgements)
        switch route {
        case .document, .status: return .reply(Self.json(maker.hostView()))
        case .relays: return .reply(Self.json(RelayList(relays: snapshot.relays.map(maker.relay))))
        case .relay(let name): return .reply(Self.json(maker.relay(try Self.find(name, snapshot))))
        case .streams(let name):
            let relay = maker.relay(try Self.find(name, snapshot))
            return .reply(Self.json(StreamList(streams: relay.streams)))
        case .history(let name):
            _ = try Self.find(name, snapshot)
            return .reply(Self.json(self.live.history(of: name.rawValue, now: snapshot.clock.now)))
        case .links(let name):
            _ = try Self.find(name, snapshot)
            guard let links = self.host.links(of: name) else { throw Self.unknown(name, snapshot) }
            return .reply(Self.json(links))
        case .events:
            let last = request.values(of: "last-event-id").first.flatMap { UInt64($0) }
            return .feed(ConsoleFeed(desk: self.live, after: last ?? 0))
        case .venues(let name):
            let relay = try Self.find(name, snapshot)
            return .reply(Self.json(VenueList(venues: relay.venues.map(maker.venue))))
        case .stream(let path):
            let relay = try Self.find(path.relay, snapshot)
            guard let stream = self.judgements.stream(path.stream, of: relay, at: snapshot.clock.now) else {
                throw Self.undeclared(path)
            }
            return .reply(Self.json(maker.stream(stream, in: relay)))
        case .acceptance(let path):
            let relay = try Self.find(path.relay, snapshot)
            guard self.judgements.stream(path.stream, of: relay, at: snapshot.clock.now) != nil else {
                throw Self.undeclared(path)
            }
            guard self.judgements.accept(path.stream, of: relay) else {
                throw ApiProblem(.noPublisher, "Nobody is publishing to \(path).")
            }
            let sentence = "\(path) is taken to be as it should be: its rates are usual from now on."
            return .reply(Self.json(AcceptedView(sentence: sentence)))
        case .consoleLinks:
            guard let link = self.makeLink() else {
                throw ApiProblem(.unknownAddress, "There is no console: listen.admin is off, or its port is taken.")
            }
            return .reply(Self.json(link, status: .created))
        case .still, .viewers, .viewer, .publisher, .replacement, .newKey, .reload, .recorded, .report, .alertTest:
            let query = try EventQuery(request.query, now: snapshot.clock)
            return .pending { await self.perform(route, maker, Order(request, caller, query)) }
        }
    }

    /// What is asked for beside the address, and by whom.
    private struct Order {
        let stream: String?
        let receiver: String?
        let actor: String
        let query: EventQuery

        init(_ request: HTTPRequest, _ caller: Caller, _ query: EventQuery) {
            self.stream = request.query["stream"]
            self.receiver = request.query["receiver"]
            self.actor = caller.words
            self.query = query
        }
    }

    private func perform(_ route: ApiRoute, _ maker: ViewMaker, _ order: Order) async -> HTTPReply {
        let wanted = order.stream
        func note(_ subject: String, _ sentence: String, _ code: String) {
            let event = HostEvent(
                kind: .operation,
                level: .warning,
                subject: subject,
                sentence: "\(sentence) Asked for by \(order.actor).",
                code: code,
                actor: order.actor
            )
            self.host.events.append(event, unix: maker.host.clock.unix)
        }
        do throws(ApiProblem) {
            switch route {
            case .alertTest: return Self.json(try await self.host.testAlerts(order.receiver))
            case .recorded: return Self.json(try await self.host.recorded(order.query))
            case .report(let relay):
                let query = order.query
                return Self.json(try await self.host.report(of: relay, since: query.since, until: query.until))
            case .still(let path): return try await self.still(of: path, maker)
            case .viewers(let relay):
                let status = try Self.find(relay, maker.host)
                let viewers = try await self.host.viewers(of: relay)
                let shown = viewers.filter { wanted == nil || $0.stream.rawValue == wanted }
                return Self.json(ViewerList(viewers: shown.map { maker.viewer($0, in: status) }))
            case .viewer(let relay, let number):
                _ = try Self.find(relay, maker.host)
                guard try await self.host.kick(viewer: number, of: relay) else {
                    throw ApiProblem(.unknownViewer, "The relay '\(relay)' has no viewer \(number), or not any more.")
                }
                note(relay.rawValue, "Viewer \(number) of the relay '\(relay)' was sent away.", "kick")
                return Self.done
            case .publisher(let path):
                let status = try Self.find(path.relay, maker.host)
                guard let stream = self.judgements.stream(path.stream, of: status, at: maker.host.clock.now) else {
                    throw Self.undeclared(path)
                }
                // One that was on air before its relay ended, and is not back, is not waited for any more.
                let wasMissed = self.judgements.giveUp(path)
                guard try await self.host.dropPublisher(of: path) || wasMissed else {
                    throw ApiProblem(.noPublisher, "Nobody is publishing to \(path).")
                }
                if stream.snapshot.source == nil {
                    note("\(path)", "\(path) is not waited for any more.", "give_up")
                } else {
                    note("\(path)", "The publisher of \(path) was sent away.", "drop")
                }
                return Self.done
            case .replacement(let relay):
                _ = try Self.find(relay, maker.host)
                try await self.host.replace(relay)
                note(relay.rawValue, "A fresh instance of the relay '\(relay)' is being made.", "replace")
                let accepted = AcceptedView(sentence: "A fresh instance of the relay '\(relay)' is being made.")
                return Self.json(accepted, status: .accepted)
            case .newKey(let relay):
                _ = try Self.find(relay, maker.host)
                let made = try await self.host.renewKey(of: relay)
                note(relay.rawValue, made.sentence, "new_key")
                return Self.json(made, status: .created)
            case .reload:
                let last = maker.host.configuration.lastChange
                let summary = try await self.host.reload()
                return Self.json(ReloadView(summary, previous: last.map { maker.change($0) }))
            case .document, .status, .relays, .relay, .streams, .stream, .venues, .history, .links, .events,
                .acceptance, .consoleLinks:
                throw ApiProblem(.unknownAddress, "There is nothing here.")
            }
        } catch {
            return self.problem(error)
        }
    }

    private func still(of path: StreamPath, _ maker: ViewMaker) async throws(ApiProblem) -> HTTPReply {
        let status = try Self.find(path.relay, maker.host)
        guard self.judgements.stream(path.stream, of: status, at: maker.host.clock.now) != nil else {
            throw Self.undeclared(path)
        }
        guard let still = try await self.host.still(of: path) else {
            throw ApiProblem(.noPublisher, "There is no picture of \(path) yet.")
        }
        guard let file = Bitmap.file(still) else {
            throw ApiProblem(.failed, "The relay '\(path.relay)' sent a picture that is none.")
        }
        return Self.picture(file)
    }

    private func problem(_ problem: ApiProblem) -> HTTPReply {
        self.refusals.note(problem.code)
        return Self.reply(problem)
    }

    private func plainProblem(_ problem: ApiProblem) -> HTTPReply {
        self.refusals.note(problem.code)
        return Self.plain(problem)
    }
}

extension ReloadView {
    init(_ summary: ReloadSummary, previous: Change?) {
        self.init(
            added: summary.added.map(\.rawValue),
            changed: summary.changed.map(\.rawValue),
            removed: summary.removed.map(\.rawValue),
            deferred: summary.deferred,
            previous: previous
        )
    }
}

extension ViewMaker {
    func change(_ change: ConfigurationChange) -> ReloadView.Change {
        ReloadView.Change(
            at: self.date(change.at),
            age: AnswerForm.seconds(self.host.clock.now - change.at),
            added: change.summary.added.map(\.rawValue),
            changed: change.summary.changed.map(\.rawValue),
            removed: change.summary.removed.map(\.rawValue)
        )
    }
}

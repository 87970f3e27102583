import Contract
import NIOHTTP1
import Synchronization
import Web

/// Decides who may use the API and the console.
///
/// An address is no key: any page, user or proxy of the machine comes from loopback. At the admin listeners every request
/// shows the token, or the session of a browser that was logged in by a link. At the unix socket the kernel says who asks.
final class ConsoleAccess: Sendable {
    private struct State {
        var sessions = BrowserSessions()
        var wrong = WrongAttempts()
    }

    private let token: Secret?
    private let makeSecret: @Sendable () -> Secret
    private let state = Mutex(State())

    /// The cookie's name.
    static let cookie = "transponder_session"

    /// - Parameters:
    ///   - token: What programs show; nil: only sessions and the unix socket count.
    ///   - makeSecret: Makes codes and sessions, from what nobody can guess.
    init(token: Secret?, makeSecret: @escaping @Sendable () -> Secret) {
        self.token = token
        self.makeSecret = makeSecret
    }

    /// Throws where the caller may not.
    func admit(_ request: HTTPRequest, from caller: Caller, now: Instant) throws(ApiProblem) {
        guard request.values(of: "host").count <= 1 else {
            throw ApiProblem(.badRequest, "The request has more than one Host header.")
        }
        let isOrder = request.method == .post || request.method == .delete
        if isOrder { try self.refuseOtherSites(request) }
        switch caller.entrance {
        case .everybody: throw ApiProblem(.notServedHere, "The console and the API are not at this address.")
        case .local(isOwner: true): return
        case .local(isOwner: false):
            throw ApiProblem(
                .notOwner,
                "This socket is for the user whom the host runs as, and for root: run the command as one of them."
            )
        case .admin:
            if try self.hasToken(request, now) { return }
            guard self.hasSession(request, caller, now) else {
                throw ApiProblem(
                    .tokenMissing,
                    "The API needs the token, also from this machine: send the header 'Authorization: Bearer TOKEN' with the "
                        + "token kept in the state directory, file api_token. A browser is logged in by the link that "
                        + "'transponder console' prints."
                )
            }
            // A browser adds the cookie to what other pages ask for, too.
            guard self.isOwnPage(request, isOrder: isOrder) else { throw Self.otherSite }
        }
    }

    /// Whether the right token was shown; a wrong one is an error.
    private func hasToken(_ request: HTTPRequest, _ now: Instant) throws(ApiProblem) -> Bool {
        guard let header = request.values(of: "authorization").first else { return false }
        let words = header.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else {
            throw self.wrong(.tokenWrong, "The Authorization header must be 'Bearer TOKEN'.", now)
        }
        guard let token = self.token, token.matches(words[1].drop { $0 == " " }) else {
            let sentence = "The token is wrong; the right one is kept in the state directory, file api_token."
            throw self.wrong(.tokenWrong, sentence, now)
        }
        return true
    }

    private func hasSession(_ request: HTTPRequest, _ caller: Caller, _ now: Instant) -> Bool {
        guard let host = caller.host else { return false }
        let ids = request.cookies(named: Self.cookie)
        return self.state.withLock { state in ids.contains { state.sessions.admits($0, from: host, now: now) } }
    }

    private func wrong(_ code: ApiProblem.Code, _ sentence: String, _ now: Instant) -> ApiProblem {
        guard let wait = self.state.withLock({ $0.wrong.note(now: now) }) else { return ApiProblem(code, sentence) }
        let seconds = max(wait.components.seconds, 1)
        return ApiProblem(
            .tooManyAttempts,
            "Too many wrong tokens and links were shown; try again in \(seconds) s."
        )
    }

    // MARK: - Links

    /// What a link to the console ends with, good once.
    func makeCode(now: Instant) -> Secret {
        let code = self.makeSecret()
        self.state.withLock { $0.sessions.add(code: code, now: now) }
        return code
    }

    /// Whether the browser is logged in already.
    func isLoggedIn(_ request: HTTPRequest, _ caller: Caller, now: Instant) -> Bool {
        self.hasSession(request, caller, now)
    }

    /// Logs a browser in.
    ///
    /// - Returns: The value of `Set-Cookie`.
    func logIn(with code: String, from caller: Caller, now: Instant) throws(ApiProblem) -> String {
        let id = self.makeSecret()
        guard let host = caller.host,
            self.state.withLock({ $0.sessions.open(with: code, from: host, as: id, now: now) })
        else {
            let sentence =
                "This link was used already, or is too old: each is good once, for "
                + "\(BrowserSessions.codeLife.components.seconds / 60) minutes. 'transponder console' prints another."
            throw self.wrong(.codeWrong, sentence, now)
        }
        let life = BrowserSessions.sessionLife.components.seconds
        return "\(Self.cookie)=\(id.revealed); Path=/; Max-Age=\(life); HttpOnly; SameSite=Strict"
    }

    // MARK: - Sites

    private static let otherSite = ApiProblem(
        .crossSite,
        "A page of another site asked for this; nothing was changed."
    )

    /// Refuses what a page of another site makes a browser do (Fetch standard, section 3.2).
    private func refuseOtherSites(_ request: HTTPRequest) throws(ApiProblem) {
        let sites = request.values(of: "sec-fetch-site")
        guard self.originIsOwn(request), sites.allSatisfy({ $0 == "same-origin" || $0 == "none" }) else {
            throw Self.otherSite
        }
    }

    private func originIsOwn(_ request: HTTPRequest) -> Bool {
        let host = request.values(of: "host").first ?? ""
        return request.values(of: "origin").allSatisfy { origin in
            let parts = origin.lowercased().split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
            return parts.count == 3 && ["http:", "https:"].contains(parts[0]) && parts[1].isEmpty
                && parts[2] == host.lowercased()
        }
    }

    /// Whether a request with a cookie comes from a page of the console, or from a person who typed its address. For another
    /// port of the same host a browser says `same-site`, and that is where relays answer. An order says where it comes from.
    private func isOwnPage(_ request: HTTPRequest, isOrder: Bool) -> Bool {
        let sites = request.values(of: "sec-fetch-site")
        let origins = request.values(of: "origin")
        guard isOrder else { return sites.allSatisfy { $0 == "same-origin" || $0 == "none" } }
        guard sites.allSatisfy({ $0 == "same-origin" }) else { return false }
        return !(sites.isEmpty && origins.isEmpty)
    }
}

extension HTTPRequest {
    /// Cookies read; a browser may have several of one name, of different paths.
    private static let cookieLimit = 32

    /// The values of a cookie (RFC 6265 section 4.2.1).
    func cookies(named name: String) -> [Substring] {
        let pairs = self.values(of: "cookie").flatMap { $0.split(separator: ";") }.prefix(Self.cookieLimit)
        return pairs.compactMap { pair in
            let pair = pair.drop { $0 == " " }
            return pair.hasPrefix("\(name)=") ? pair.dropFirst(name.count + 1) : nil
        }
    }
}

import Contract
import NIOHTTP1
import Web

/// Decides whether a caller may use the API.
///
/// A caller on this machine needs no token. But a browser there carries out what pages of other sites tell it, and a
/// proxy there speaks for callers from anywhere; both open their connections from loopback. So loopback counts only
/// where the request itself shows neither: a page whose domain was made to lead to us (DNS rebinding) betrays itself
/// by the `Host` header, a proxy by the headers it adds or the old HTTP it speaks, a page of another site by `Origin`
/// and `Sec-Fetch-Site`.
struct APIAuthorization: Sendable {
    let token: Secret?

    /// Headers that only something between the caller and us writes.
    private static let proxyHeaders = [
        "forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
        "cf-connecting-ip", "true-client-ip",
    ]

    /// Throws where the caller may not.
    func admit(_ request: HTTPRequest, from caller: Caller) throws(ApiProblem) {
        guard request.values(of: "host").count <= 1 else {
            throw ApiProblem(.badRequest, "The request has more than one Host header.")
        }
        if request.method == .post || request.method == .delete { try self.checkSite(request) }
        if try self.hasToken(request) { return }
        guard caller.isLoopback else {
            throw ApiProblem(
                .tokenMissing,
                "From another machine the API needs the token: send the header 'Authorization: Bearer TOKEN' with the "
                    + "token kept in the state directory, file api_token."
            )
        }
        if let sign = self.signOfAnother(request) {
            throw ApiProblem(
                .tokenMissing,
                "The request comes from this machine but not surely from somebody here, so it needs the token: send the "
                    + "header 'Authorization: Bearer TOKEN' with the token kept in the state directory, file api_token.",
                cause: sign
            )
        }
    }

    /// Whether the right token was shown; a wrong one is an error wherever it comes from.
    private func hasToken(_ request: HTTPRequest) throws(ApiProblem) -> Bool {
        guard let header = request.values(of: "authorization").first else { return false }
        let words = header.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else {
            throw ApiProblem(.tokenWrong, "The Authorization header must be 'Bearer TOKEN'.")
        }
        guard let token = self.token else {
            throw ApiProblem(.tokenWrong, "The host has no API token, so none is right; ask from its own machine.")
        }
        guard token.matches(words[1].drop { $0 == " " }) else {
            throw ApiProblem(
                .tokenWrong,
                "The token is wrong; the right one is kept in the state directory, file api_token."
            )
        }
        return true
    }

    /// What shows that somebody else may be behind the connection, nil where nothing does.
    private func signOfAnother(_ request: HTTPRequest) -> String? {
        if let header = Self.proxyHeaders.first(where: { !request.values(of: $0).isEmpty }) {
            return "A proxy has added the header '\(header)'."
        }
        guard let host = request.values(of: "host").first else { return "The request has no Host header." }
        guard Authority.namesNoDomain(host) else { return "The Host header names a domain, not this machine." }
        // A proxy that adds no header, such as nginx as it comes, still speaks the HTTP of 1996 to what is behind it.
        guard request.version != .http1_0 else { return "The request is made by HTTP/1.0, as a proxy makes it." }
        return nil
    }

    /// Refuses what a page of another site makes a browser do (Fetch standard, section 3.2).
    private func checkSite(_ request: HTTPRequest) throws(ApiProblem) {
        let sites = request.values(of: "sec-fetch-site")
        let origins = request.values(of: "origin")
        let host = request.values(of: "host").first ?? ""
        let isOwn = origins.allSatisfy { origin in
            let parts = origin.lowercased().split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
            return parts.count == 3 && ["http:", "https:"].contains(parts[0]) && parts[1].isEmpty
                && parts[2] == host.lowercased()
        }
        guard isOwn, sites.allSatisfy({ $0 == "same-origin" || $0 == "none" }) else {
            throw ApiProblem(.crossSite, "A page of another site asked for this; nothing was changed.")
        }
    }
}

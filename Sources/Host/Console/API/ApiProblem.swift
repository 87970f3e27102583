/// Why a request to the API was not done: a code for programs, a sentence for people, and what lies behind it.
package struct ApiProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The raw values stand in answers: they never change.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        case badRequest = "bad_request"
        case tokenMissing = "token_missing"
        case tokenWrong = "token_wrong"
        /// A link to the console was used already, or is too old.
        case codeWrong = "code_wrong"
        /// Too many tokens and links were wrong.
        case tooManyAttempts = "too_many_attempts"
        /// At the unix socket: another user of the machine.
        case notOwner = "not_owner"
        /// The API was asked for at an address that is for everybody.
        case notServedHere = "not_served_here"
        /// A page of another site made a browser ask.
        case crossSite = "cross_site"
        case unknownAddress = "unknown_address"
        case unknownRelay = "unknown_relay"
        case unknownStream = "unknown_stream"
        case unknownViewer = "unknown_viewer"
        case unknownReceiver = "unknown_receiver"
        case noPublisher = "no_publisher"
        case methodNotAllowed = "method_not_allowed"
        /// The file has a mistake; the configuration before it is in force still.
        case configurationRefused = "configuration_refused"
        /// A publish key stands where the host may not write.
        case keyElsewhere = "key_elsewhere"
        case failed
        /// The relay has no instance that could do it.
        case relayNotReady = "relay_not_ready"
        case draining
        /// What was written down cannot be read.
        case historyUnavailable = "history_unavailable"
        /// The relay did not answer in time.
        case timedOut = "timed_out"

        package var httpStatus: Int {
            switch self {
            case .badRequest: 400
            case .tokenMissing, .tokenWrong, .codeWrong: 401
            case .crossSite, .notOwner, .notServedHere: 403
            case .unknownAddress, .unknownRelay, .unknownStream, .unknownViewer, .unknownReceiver, .noPublisher: 404
            case .methodNotAllowed: 405
            case .keyElsewhere: 409
            case .configurationRefused: 422
            case .tooManyAttempts: 429
            case .failed: 500
            case .relayNotReady, .draining, .historyUnavailable: 503
            case .timedOut: 504
            }
        }
    }

    package let code: Code

    /// What went wrong and what to do, in plain words.
    package let message: String

    /// What was underneath it, such as the words of a system call.
    package let cause: String?

    package init(_ code: Code, _ message: String, cause: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { self.cause.map { "\(self.message) (\($0))" } ?? self.message }
}

/// A problem as RFC 9457 writes it, with two members of ours: `code` and `cause`.
package struct ProblemDetails: Codable, Hashable, Sendable {
    /// Always `about:blank`: the `code` says which problem it is, the `title` what the status means.
    package var type: String
    package var title: String
    package var status: Int
    package var detail: String
    package var code: String
    package var cause: String?

    package static let contentType = "application/problem+json"
}

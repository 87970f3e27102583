import Contract
import NIOCore
import NIOHTTP1
import Web

extension ConsoleResponder {
    static func json(_ bytes: [UInt8], status: HTTPResponseStatus = .ok, isForEverySite: Bool = false) -> HTTPReply {
        var reply = HTTPReply(status, contentType: "application/json", body: ByteBuffer(bytes: bytes))
        reply.isForEverySite = isForEverySite
        return reply
    }

    static func json(_ value: some Encodable, status: HTTPResponseStatus = .ok) -> HTTPReply {
        self.json(JSONText.encode(value), status: status)
    }

    /// A picture, which is nothing else to any browser.
    static func picture(_ file: [UInt8]) -> HTTPReply {
        var reply = HTTPReply(.ok, contentType: Bitmap.contentType, body: ByteBuffer(bytes: file))
        reply.isForEverySite = false
        reply.extra = [
            ("X-Content-Type-Options", "nosniff"), ("Content-Security-Policy", "default-src 'none'; sandbox"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ]
        return reply
    }

    static var done: HTTPReply {
        var reply = HTTPReply(.noContent, body: ByteBuffer())
        reply.isForEverySite = false
        return reply
    }

    static func reply(_ problem: ApiProblem) -> HTTPReply {
        let status = HTTPResponseStatus(statusCode: problem.code.httpStatus)
        let details = ProblemDetails(
            type: "about:blank",
            title: status.reasonPhrase,
            status: problem.code.httpStatus,
            detail: problem.message,
            code: problem.code.rawValue,
            cause: problem.cause
        )
        var reply = Self.json(details, status: status)
        reply.contentType = ProblemDetails.contentType
        reply.extra = self.headers(of: problem)
        return reply
    }

    /// The same for addresses that people type.
    static func plain(_ problem: ApiProblem) -> HTTPReply {
        var reply = HTTPReply.sentence(HTTPResponseStatus(statusCode: problem.code.httpStatus), problem.message)
        reply.extra = self.headers(of: problem)
        return reply
    }

    private static func headers(of problem: ApiProblem) -> [(String, String)] {
        switch problem.code {
        // RFC 6750 section 3.
        case .tokenMissing: [("WWW-Authenticate", "Bearer realm=\"transponder\"")]
        case .tokenWrong: [("WWW-Authenticate", "Bearer realm=\"transponder\", error=\"invalid_token\"")]
        case .codeWrong: [("Referrer-Policy", "no-referrer")]
        case .tooManyAttempts: [("Retry-After", "\(WrongAttempts.interval.components.seconds)")]
        case .relayNotReady, .draining: [("Retry-After", "2")]
        default: []
        }
    }

    static func allowed(_ method: HTTPRequest.Method) -> String {
        switch method {
        case .post: "POST, OPTIONS"
        case .delete: "DELETE, OPTIONS"
        default: "GET, HEAD, OPTIONS"
        }
    }

    static func notAllowed(_ method: HTTPRequest.Method, isApi: Bool) -> HTTPReply {
        let allowed = self.allowed(method)
        let problem = ApiProblem(.methodNotAllowed, "This address answers \(allowed) alone.")
        var reply = isApi ? self.reply(problem) : self.plain(problem)
        reply.extra.append(("Allow", allowed))
        return reply
    }

    /// Says what may be asked for. No word of other sites: browsers then keep their pages out.
    static func options(_ method: HTTPRequest.Method) -> HTTPReply {
        var reply = self.done
        reply.extra.append(("Allow", self.allowed(method)))
        return reply
    }

    static func find(_ name: RelayName, _ host: HostSnapshot) throws(ApiProblem) -> RelayStatus {
        guard let relay = host.relays.first(where: { $0.name == name }) else { throw self.unknown(name, host) }
        return relay
    }

    static func unknown(_ name: RelayName, _ host: HostSnapshot) -> ApiProblem {
        let names = host.relays.map { "'\($0.name)'" }
        let there =
            switch names.count {
            case 0: "There are none."
            case 1: "There is \(names[0])."
            default: "There are \(names.dropLast().joined(separator: ", ")) and \(names[names.count - 1])."
            }
        return ApiProblem(.unknownRelay, "There is no relay '\(name)' here. \(there)")
    }

    static func undeclared(_ path: StreamPath) -> ApiProblem {
        ApiProblem(.unknownStream, "The relay '\(path.relay)' has no stream '\(path.stream)'.")
    }
}

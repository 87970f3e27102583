internal import Contract
internal import Crypto
internal import Curl
internal import Events

/// A POST of JSON. With a secret it is signed: `X-Transponder-Signature` is `sha256=` and, in hexadecimal digits, the HMAC-SHA256 of
/// `X-Transponder-Timestamp`, a point and the body.
struct Webhook: AlertCarrier {
    let url: HiddenText
    let form: AlertReceiverSpec.Form
    let secret: HiddenText?

    func send(_ message: AlertMessage) -> AlertOutcome {
        let body = self.body(of: message)
        let headers = Self.headers(body, self.secret, seconds: EventTime.now() / 1_000_000)
        let request = CurlRequest(
            .post(headers: headers),
            to: self.url.revealed,
            body: body,
            limit: AlertCarriers.limit
        )
        switch request.send() {
        case .answered(let status, _) where (200...299).contains(status): return .delivered("HTTP status \(status)")
        case .answered(let status, let text):
            let words = AlertCarriers.short(text)
            return .failed("it answered with HTTP status \(status)\(words.isEmpty ? "" : ": \(words)")")
        case .failed(let reason): return .failed(reason)
        }
    }

    func body(of message: AlertMessage) -> [UInt8] {
        switch self.form {
        case .json: return AlertJSON.encode(message)
        case .slack:
            let text = message.text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(
                ">",
                with: "&gt;"
            )
            return AlertJSON.encode(["text": text])
        }
    }

    static func headers(_ body: [UInt8], _ secret: HiddenText?, seconds: Int64) -> [String] {
        // A body of more than a kibibyte is not asked about first, which some receivers do not understand.
        var headers = ["Content-Type: application/json", "User-Agent: transponder/\(BuildInfo.version)", "Expect:"]
        if let secret {
            headers.append("X-Transponder-Timestamp: \(seconds)")
            headers.append("X-Transponder-Signature: sha256=\(Self.signature(of: body, secret, seconds: seconds))")
        }
        return headers
    }

    static func signature(of body: [UInt8], _ secret: HiddenText, seconds: Int64) -> String {
        let key = SymmetricKey(data: Array(secret.revealed.utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Array("\(seconds).".utf8) + body, using: key)
        return code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

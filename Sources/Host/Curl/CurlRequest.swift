internal import CCurl

/// Something that is sent to a receiver in the network, in one of the protocols that libcurl speaks.
package struct CurlRequest: Sendable {
    package enum Kind: Sendable {
        /// An HTTP POST, with these lines of the head.
        case post(headers: [String])
        /// A mail, from here to there. With a password nothing is sent before the line is encrypted.
        case mail(from: String, to: [String])
        /// A message of MQTT, to the topic that the address ends in.
        case publish
    }

    package var url: String
    package var kind: Kind
    package var user: String?
    package var password: String?
    package var body: [UInt8]
    package var limit: Duration

    package init(
        _ kind: Kind,
        to url: String,
        user: String? = nil,
        password: String? = nil,
        body: [UInt8],
        limit: Duration
    ) {
        self.kind = kind
        self.url = url
        self.user = user
        self.password = password
        self.body = body
        self.limit = limit
    }

    /// What came of it.
    package enum Outcome: Hashable, Sendable {
        /// The receiver's status, 0 where the protocol has none, and the beginning of what it said.
        case answered(status: Int, text: String)
        /// Why nothing came of it, in libcurl's words.
        case failed(String)
    }

    /// Sends it and waits, on a thread that may block, for at most the limit.
    package func send() -> Outcome {
        var outcome = ccurl_outcome()
        switch self.kind {
        case .post(let headers):
            self.perform(&outcome, protocols: "http,https", headers: headers, from: nil, recipients: [])
        case .mail(let from, let to):
            self.perform(&outcome, protocols: "smtp,smtps", headers: [], from: from, recipients: to)
        case .publish: self.perform(&outcome, protocols: "mqtt", headers: [], from: nil, recipients: [])
        }
        guard outcome.code == 0 else {
            let text = unsafe withUnsafeBytes(of: outcome.text) { bytes in unsafe Array(bytes.prefix { $0 != 0 }) }
            let words = String(decoding: text, as: UTF8.self)
            // Of a mail that is refused once it was given, libcurl says that the reply is weird.
            guard case .mail = self.kind, outcome.status >= 400, !words.contains("\(outcome.status)") else {
                return .failed(words)
            }
            return .failed("the mail server answered with reply \(outcome.status): \(words)")
        }
        let count = min(outcome.answered, Int(ccurl_answer_size))
        let answer = unsafe withUnsafeBytes(of: outcome.answer) { bytes in unsafe Array(bytes.prefix(count)) }
        return .answered(status: outcome.status, text: String(decoding: answer, as: UTF8.self))
    }

    /// Whether libcurl is there; nil: it is, else why not.
    package static var missing: String? {
        guard let reason = unsafe ccurl_load() else { return nil }
        return unsafe String(cString: reason)
    }

    private func perform(
        _ outcome: inout ccurl_outcome,
        protocols: String,
        headers: [String],
        from: String?,
        recipients: [String]
    ) {
        let milliseconds = Int(
            clamping: self.limit.components.seconds.multipliedReportingOverflow(by: 1000).partialValue
        )
        unsafe CStrings.lend([self.url, protocols, self.user, self.password, from]) { words in
            unsafe CStrings.lend(headers + [nil]) { headers in
                unsafe CStrings.lend(recipients + [nil]) { recipients in
                    unsafe self.body.withUnsafeBytes { body in
                        var request = unsafe ccurl_request()
                        unsafe request.url = words[0]
                        unsafe request.protocols = words[1]
                        unsafe request.user = words[2]
                        unsafe request.password = words[3]
                        unsafe request.from = words[4]
                        unsafe request.headers = headers.baseAddress
                        unsafe request.recipients = recipients.baseAddress
                        unsafe request.body = body.baseAddress
                        unsafe request.length = body.count
                        unsafe request.milliseconds = max(milliseconds, 1)
                        unsafe request.must_encrypt = self.password == nil ? 0 : 1
                        unsafe ccurl_send(&request, &outcome)
                    }
                }
            }
        }
    }
}

/// Texts as C has them, for the time of a call.
private enum CStrings {
    static func lend<Value>(
        _ texts: [String?],
        _ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) throws -> Value
    ) rethrows -> Value {
        // All in one array, and each found in it again.
        var bytes: [CChar] = []
        var starts: [Int?] = []
        for text in texts {
            starts.append(text == nil ? nil : bytes.count)
            if let text { bytes += text.utf8.map { CChar(bitPattern: $0) } + [0] }
        }
        return try unsafe bytes.withUnsafeBufferPointer { bytes in
            let pointers = unsafe starts.map { start in
                unsafe start.flatMap { unsafe bytes.baseAddress?.advanced(by: $0) }
            }
            return try unsafe pointers.withUnsafeBufferPointer { try unsafe body($0) }
        }
    }
}

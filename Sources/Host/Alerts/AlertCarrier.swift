package import Contract
internal import Curl
internal import Linux

/// Brings a message to one receiver. The call may block, for as long as its limit allows.
package protocol AlertCarrier: Sendable {
    func send(_ message: AlertMessage) -> AlertOutcome
}

/// What came of a try.
package enum AlertOutcome: Hashable, Sendable {
    /// What the receiver said, in short.
    case delivered(String)
    /// Why it did not arrive.
    case failed(String)

    package var sentence: String {
        switch self {
        case .delivered(let text), .failed(let text): text
        }
    }
}

package enum AlertCarriers {
    /// For one message to be taken.
    package static let limit = Duration.seconds(10)

    package static func make(_ receiver: AlertReceiverSpec) -> any AlertCarrier {
        switch receiver.way {
        case .webhook(let url, let form, let secret): Webhook(url: url, form: form, secret: secret)
        case .email(let server, let from, let to, let user, let password):
            Mail(server: server, from: from, to: to, user: user, password: password)
        case .mqtt(let broker, let topic, let user, let password):
            TopicPost(broker: broker, topic: topic, user: user, password: password)
        case .command(let words): CommandHook(words: words)
        }
    }

    /// Why a receiver cannot be told, as far as this machine knows; nil: nothing stands in the way.
    package static func obstacle(_ receiver: AlertReceiverSpec) -> String? {
        switch receiver.way {
        case .webhook, .email, .mqtt:
            return CurlRequest.missing.map { "libcurl cannot be loaded: \($0)" }
        case .command(let words):
            let program = words.first ?? ""
            guard let kind = SmallFile.kind(of: program) else { return "there is no program \(program)" }
            return kind.isFile && kind.mode & 0o111 != 0 ? nil : "\(program) is no program"
        }
    }

    /// Of what somebody else said, so much is shown.
    static func short(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return line.count <= 160 ? line : line.prefix(159) + "…"
    }
}

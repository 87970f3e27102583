import Contract

/// Reads who is told when something is wrong.
struct AlertsDecoder {
    let settings: SettingGroup

    func spec(_ problems: inout [ConfigurationProblem]) -> AlertsSpec {
        let standard = AlertsSpec.standard
        typealias Spec = AlertsSpec
        let settings = self.settings
        let isOnce = settings.node?["repeat"]?.content == .text("off")
        let again =
            isOnce ? nil : settings.optionalDuration("repeat", in: Spec.againBounds, &problems) ?? standard.again
        let quiet: QuietHours? = settings.read("quiet", standard: nil, &problems) { text in
            do {
                return try QuietHours(text)
            } catch let error as SpecError {
                throw ValueError(error.sentence)
            }
        }
        return AlertsSpec(
            receivers: self.receivers(&problems),
            after: settings.duration("after", standard: standard.after, in: Spec.afterBounds, &problems),
            group: settings.duration("group", standard: standard.group, in: Spec.groupBounds, &problems),
            again: again,
            limit: settings.count("limit", standard: standard.limit, in: Spec.limitBounds, &problems),
            quiet: quiet
        )
    }

    private func receivers(_ problems: inout [ConfigurationProblem]) -> [AlertReceiverSpec] {
        let group = self.settings.group("receivers")
        let entries = group.node?.entries ?? []
        if entries.count > AlertsSpec.receiverLimit {
            self.settings.complain("receivers", "there are more than \(AlertsSpec.receiverLimit).", &problems)
        }
        return entries.prefix(AlertsSpec.receiverLimit).compactMap { entry -> AlertReceiverSpec? in
            guard Self.isName(entry.key) else {
                group.complain(entry.key, "a receiver's name has up to 32 letters, digits, - and _.", &problems)
                return nil
            }
            let way = ReceiverDecoder(settings: group.group(entry.key)).way(&problems)
            return way.map { AlertReceiverSpec(name: entry.key, way: $0) }
        }.sorted { $0.name < $1.name }
    }

    /// It is part of a file's name.
    private static func isName(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
                default: false
                }
            }
    }
}

/// Reads one receiver.
private struct ReceiverDecoder {
    let settings: SettingGroup

    /// What each way may have beside itself.
    private static let ways = [
        "webhook": ["form", "secret"], "email": ["from", "recipients", "user", "password"],
        "mqtt": ["topic", "user", "password"], "command": [],
    ]
    private static let order = ["webhook", "email", "mqtt", "command"]

    func way(_ problems: inout [ConfigurationProblem]) -> AlertReceiverSpec.Way? {
        let named = Self.order.filter { self.settings.has($0) }
        guard let kind = named.first, named.count == 1 else {
            let sentence = "it must have one of \(Self.order.joined(separator: ", "))."
            problems.append(
                ConfigurationProblem(
                    origin: self.settings.node?.origin ?? .standard,
                    path: self.settings.path,
                    sentence: sentence
                )
            )
            return nil
        }
        for entry in self.settings.node?.entries ?? [] where entry.key != kind && self.settings.has(entry.key) {
            guard Self.ways[kind]?.contains(entry.key) != true else { continue }
            self.settings.complain(entry.key, "it has no meaning beside '\(kind)'.", &problems)
        }
        return switch kind {
        case "webhook": self.webhook(&problems)
        case "email": self.email(&problems)
        case "mqtt": self.mqtt(&problems)
        default: self.command(&problems)
        }
    }

    private func webhook(_ problems: inout [ConfigurationProblem]) -> AlertReceiverSpec.Way? {
        let form = self.settings.choice("form", standard: AlertReceiverSpec.Form.json, &problems)
        let secret = self.hidden("secret", &problems)
        // It may be a secret itself, and is not repeated.
        guard let url = self.hidden("webhook", &problems) else { return nil }
        guard Self.isAddress(url.revealed, of: ["http", "https"]) else {
            self.settings.complain("webhook", "it is no address; write https://HOST/PATH.", &problems)
            return nil
        }
        return .webhook(url, form: form, secret: secret)
    }

    private func email(_ problems: inout [ConfigurationProblem]) -> AlertReceiverSpec.Way? {
        let server = self.address("email", ["smtp", "smtps"], "smtp://mail.example.org:587", &problems)
        let from = self.mailbox("from", &problems)
        let to: [String] = self.settings.list("recipients", standard: [], &problems) { text in
            let words = text.split { $0 == "," || $0 == " " }.map(String.init)
            if let wrong = words.first(where: { !Self.isMailbox($0) }) {
                throw ValueError("'\(wrong)' is no address of mail; write crew@example.org.")
            }
            return words
        }
        if to.isEmpty { self.settings.complain("recipients", "nobody is named; write crew@example.org.", &problems) }
        let (user, password) = (self.text("user", &problems), self.hidden("password", &problems))
        guard let server, let from, !to.isEmpty else { return nil }
        return .email(server: server, from: from, to: Array(to.prefix(32)), user: user, password: password)
    }

    private func mqtt(_ problems: inout [ConfigurationProblem]) -> AlertReceiverSpec.Way? {
        let broker = self.address("mqtt", ["mqtt"], "mqtt://10.0.0.4:1883", &problems)
        let topic = self.text("topic", &problems) ?? "transponder/alerts"
        let (user, password) = (self.text("user", &problems), self.hidden("password", &problems))
        guard !topic.contains(where: { "#+".contains($0) }), !topic.hasPrefix("/") else {
            self.settings.complain("topic", "it may not begin with / nor have + or # in it.", &problems)
            return nil
        }
        return broker.map { .mqtt(broker: $0, topic: topic, user: user, password: password) }
    }

    private func command(_ problems: inout [ConfigurationProblem]) -> AlertReceiverSpec.Way? {
        let words: [String] =
            if case .list(let items) = self.settings.node?["command"]?.content {
                items.compactMap { if case .text(let text) = $0.content { text } else { nil } }
            } else {
                self.settings.read("command", standard: [], &problems) { $0.split(separator: " ").map(String.init) }
            }
        guard let program = words.first, program.hasPrefix("/") else {
            self.settings.complain("command", "write the whole path of the program, and its arguments.", &problems)
            return nil
        }
        return .command(words)
    }

    private func text(_ key: String, _ problems: inout [ConfigurationProblem]) -> String? {
        self.settings.read(key, standard: nil, &problems) { text in
            guard text.utf8.count <= 256, text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
            else { throw ValueError("it is too long, or has a control character.") }
            return text
        }
    }

    private func hidden(_ key: String, _ problems: inout [ConfigurationProblem]) -> HiddenText? {
        self.settings.read(key, standard: nil, &problems) { text in
            do {
                return try HiddenText(text)
            } catch let error as SpecError {
                throw ValueError(error.sentence)
            }
        }
    }

    private func address(
        _ key: String,
        _ schemes: [String],
        _ example: String,
        _ problems: inout [ConfigurationProblem]
    ) -> String? {
        self.settings.read(key, standard: nil, &problems) { text in
            guard Self.isAddress(text, of: schemes) else {
                throw ValueError("'\(text)' is no address to send to; write \(example).")
            }
            // A password in it would be shown wherever it is.
            guard !text.contains("@") else { throw ValueError("write user: and password: beside it.") }
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        }
    }

    private func mailbox(_ key: String, _ problems: inout [ConfigurationProblem]) -> String? {
        guard self.settings.has(key) else {
            self.settings.complain(key, "it is missing; write relay@example.org.", &problems)
            return nil
        }
        return self.settings.read(key, standard: nil, &problems) { text in
            guard Self.isMailbox(text) else {
                throw ValueError("'\(text)' is no address of mail; write relay@example.org.")
            }
            return text
        }
    }

    /// `scheme://host`, with more behind it.
    static func isAddress(_ text: String, of schemes: [String]) -> Bool {
        guard let end = text.firstRange(of: "://") else { return false }
        let host = text[end.upperBound...].prefix { $0 != "/" && $0 != "?" }
        return schemes.contains(text[..<end.lowerBound].lowercased()) && !host.isEmpty
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }

    static func isMailbox(_ text: String) -> Bool {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        return halves.count == 2 && halves.allSatisfy { !$0.isEmpty } && text.utf8.count <= 254
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
            && !text.contains(where: { "<>(),;:\\\"[]".contains($0) })
    }
}

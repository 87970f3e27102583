internal import Contract
internal import Curl
internal import Events
internal import FoundationEssentials

/// A mail (RFC 5322), by the server that the operator names.
struct Mail: AlertCarrier {
    let server: String
    let from: String
    let to: [String]
    let user: String?
    let password: HiddenText?

    func send(_ message: AlertMessage) -> AlertOutcome {
        let request = CurlRequest(
            .mail(from: "<\(self.from)>", to: self.to.map { "<\($0)>" }),
            to: self.server,
            user: self.user,
            password: self.password?.revealed,
            body: self.body(of: message, unix: EventTime.now()),
            limit: AlertCarriers.limit
        )
        switch request.send() {
        case .answered(let status, _): return .delivered("SMTP reply \(status)")
        case .failed(let reason): return .failed(reason)
        }
    }

    func body(of message: AlertMessage, unix: Int64) -> [UInt8] {
        let host = self.from.split(separator: "@").last.map(String.init) ?? "localhost"
        let lines = [
            "Date: \(Self.date(unix))", "From: <\(self.from)>",
            "To: \(self.to.map { "<\($0)>" }.joined(separator: ", "))",
            "Subject: \(Self.subject(message.title))", "Message-ID: <\(message.id).transponder@\(host)>",
            "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
            "Auto-Submitted: auto-generated", "",
        ]
        let text = Data(Array((message.text + "\n").utf8)).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        return Array((lines.joined(separator: "\r\n") + "\r\n" + text + "\r\n").utf8)
    }

    /// Encoded words (RFC 2047 section 2), of which each has whole characters and is short enough.
    static func subject(_ text: String) -> String {
        var words: [[UInt8]] = [[]]
        for character in text.prefix(200) {
            let bytes = Array(String(character).utf8)
            if words[words.count - 1].count + bytes.count > 42 { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?UTF-8?B?\(Data($0).base64EncodedString())?=" }.joined(separator: "\r\n ")
    }

    /// `Mon, 30 Nov 2026 08:20:43 +0000` (RFC 5322 section 3.3).
    static func date(_ unix: Int64) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let text = EventTime.text(max(unix, 0))
        let date = text.prefix(10).split(separator: "-")
        let month = date.count == 3 ? Int(date[1]) ?? 1 : 1
        let day = days[Int(max(unix, 0) / 86_400_000_000 % 7)]
        return
            "\(day), \(date.last ?? "1") \(months[(month - 1) % 12]) \(text.prefix(4)) \(text.dropFirst(11).prefix(8)) +0000"
    }
}

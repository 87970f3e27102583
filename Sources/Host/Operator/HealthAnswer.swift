internal import Console

/// What `transponder health` makes of an answer: a sentence, and an exit status for scripts.
package struct HealthAnswer: Hashable, Sendable {
    package let sentence: String

    /// 0 healthy, 1 not, 2 could not be asked.
    package let exitCode: Int32

    private init(_ sentence: String, _ exitCode: Int32) {
        self.sentence = sentence
        self.exitCode = exitCode
    }

    private struct Report: Decodable {
        var state: String
        var sentence: String
    }

    package init(_ response: ResponseReader.Response) {
        let text = String(decoding: response.body, as: UTF8.self)
        let firstLine = text.split(separator: "\n").first.map(String.init) ?? ""
        let report =
            response.contentType.hasPrefix("application/json")
            ? try? JSONText.decode(Report.self, from: response.body) : nil
        let sentence = report.map { "\($0.state): \($0.sentence)" } ?? text
        switch response.status {
        case 200: self.init(Self.printable(sentence), 0)
        case 503: self.init(Self.printable(sentence), 1)
        default: self.init(StatusTable.plain(firstLine.isEmpty ? "HTTP status \(response.status)" : firstLine), 2)
        }
    }

    /// Removes control characters and keeps line breaks.
    private static func printable(_ text: String) -> String {
        text.split(separator: "\n").map { StatusTable.plain(String($0)) }.joined(separator: "\n")
    }

    /// The address of the health of `live`, `live/main`, or of everything.
    package static func path(of target: String?) -> String {
        let parts = (target ?? "").split(separator: "/", omittingEmptySubsequences: true)
        return "/" + (["health"] + parts.map(String.init)).joined(separator: "/")
    }
}

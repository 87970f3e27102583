/// One line of a report: the state of one stream on a venue's screen, in the words of CMCD version 2 (CTA-5004-B), which are
/// those of a dictionary of structured fields (RFC 9651 section 3.2).
///
/// Keys that are not read here are skipped, as the standard wants; a value that cannot be one spoils the line.
package struct CMCDRecord: Hashable, Sendable {
    /// Bytes of a line, its pairs, and bytes of one value.
    package static let lengthLimit = 1024
    static let pairLimit = 48
    static let valueLimit = 64

    /// How playing goes, by the standard's letters.
    package enum PlayState: String, Hashable, Sendable, CaseIterable {
        case starting = "s"
        case playing = "p"
        case seeking = "k"
        case rebuffering = "r"
        case paused = "a"
        case waiting = "w"
        case ended = "e"
        case failed = "f"
        case quit = "q"
        case preloading = "d"
    }

    package private(set) var state: PlayState?
    /// Of the page; another one means that it was opened anew and its counters begin again.
    package private(set) var session = ""
    /// What is shown: `live/main`.
    package private(set) var content: String?
    /// Milliseconds.
    package private(set) var latency: Int?
    package private(set) var buffer: Int?
    /// Kilobits a second: what arrives, and what is sent.
    package private(set) var arriving: Int?
    package private(set) var sent: Int?
    /// Since the page was opened.
    package private(set) var stalls: Int?
    package private(set) var dropped: Int?
    package private(set) var shown: Int?
    /// `1920x1080`
    package private(set) var resolution: String?
    /// What the page says to those before it: a word of its own.
    package private(set) var cause: String?
    package private(set) var isInBackground = false
    package private(set) var isStarted = true

    /// Reads a line; nil where it is none, or longer than a page's of ours can be.
    package init?(_ line: some StringProtocol) {
        let bytes = Array(line.utf8)
        guard !bytes.isEmpty, bytes.count <= Self.lengthLimit else { return nil }
        var text = CMCDText(bytes)
        for _ in 0..<Self.pairLimit {
            guard let key = text.key() else { return nil }
            guard let value = text.value(), self.take(key, value) else { return nil }
            if text.isAtEnd { return }
            guard text.comma() else { return nil }
        }
        return nil
    }

    private mutating func take(_ key: String, _ value: CMCDText.Value) -> Bool {
        switch (key, value) {
        case ("sta", .text(let text)):
            guard let state = PlayState(rawValue: text) else { return false }
            self.state = state
        case ("sid", .text(let text)): self.session = text
        case ("cid", .text(let text)): self.content = text
        case ("ltc", .number(let number)): self.latency = number
        case ("bl", .number(let number)): self.buffer = number
        case ("mtp", .number(let number)): self.arriving = number
        case ("br", .number(let number)): self.sent = number
        case ("bsa", .number(let number)): self.stalls = number
        case ("dfa", .number(let number)): self.dropped = number
        case ("bg", .flag(let flag)): self.isInBackground = flag
        case ("transponder-frames", .number(let number)): self.shown = number
        case ("transponder-started", .flag(let flag)): self.isStarted = flag
        case ("transponder-why", .text(let text)): self.cause = text
        case ("transponder-res", .text(let text)):
            guard Self.isResolution(text) else { return false }
            self.resolution = text
        // The same key with another kind of value is no key of these.
        default: return !Self.known.contains(key)
        }
        return true
    }

    private static let known: Set<String> = [
        "sta", "sid", "cid", "ltc", "bl", "mtp", "br", "bsa", "dfa", "bg", "transponder-frames", "transponder-started",
        "transponder-why", "transponder-res",
    ]

    private static func isResolution(_ text: String) -> Bool {
        let sides = text.split(separator: "x", omittingEmptySubsequences: false)
        return sides.count == 2 && sides.allSatisfy { side in side.count <= 5 && Int(side).map { $0 >= 0 } ?? false }
    }
}

import Foundation
import Toolkit

/// A browser with the viewer page in it, which says as it goes how the page does.
final class PageWatcher: Sendable {
    struct Look: Decodable, Sendable {
        var state: String
        var sentence: String
        var language: String
        var muted: Bool
        var figures: String
        var address: String
        /// The element's ready state, and whether it is paused or seeks.
        var ready: String
        /// Where the element is, and what of the medium it holds, seconds.
        var time: Double
        var buffered: [[Double]]
        var decoded: Int
        var dropped: Int
        var width: Int
        var height: Int
        var rate: Double
        /// The encoder's time in the picture, seconds; it begins anew after ``codeRange``.
        var code: Double?
        /// Of the seven bars, red, green and blue.
        var colours: [[Int]]
        /// From the encoder's picture to the page's, seconds.
        var latency: Double?

        static let codeRange = 163.84
    }

    struct State: Sendable, CustomStringConvertible {
        var last: Look?
        var lastAt = ContinuousClock.now
        /// How much of the encoder's time was seen to pass while it said that it plays, seconds.
        var played = 0.0
        /// In which states it was, each named once a stay.
        var states: [String] = []
        /// Those of pictures that moved.
        var latencies: [Double] = []
        var hasEnded = false
        var words: [String] = []

        var description: String {
            let looked = "\(String(describing: self.last)), seen \(ContinuousClock.now - self.lastAt) ago"
            return
                "\(self.states.suffix(8)), \(looked), played \(self.played) s, ended \(self.hasEnded), \(self.words.suffix(5))"
        }

        mutating func note(_ look: Look) {
            if look.state == "playing", self.last?.state == "playing", let before = self.last?.code,
                let code = look.code
            {
                let step = (code - before + Look.codeRange).truncatingRemainder(dividingBy: Look.codeRange)
                if step < Look.codeRange / 2 { self.played += step }
            }
            if self.states.last != look.state { self.states.append(look.state) }
            if look.state == "playing", let latency = look.latency { self.latencies.append(latency) }
            self.last = look
            self.lastAt = .now
        }
    }

    static let browsers = ["chromium", "firefox", "webkit"]

    let browser: String
    let seen = Observed(State())
    private let program: Program
    private let work: Task<Void, Never>

    init(_ browser: String, _ address: String, _ options: [String] = []) throws {
        self.browser = browser
        let player = Checkout.root.appendingPathComponent("Tests/Players/viewer.py").path
        let pictures = try Self.folder()
        let program = try Program.start("python3", [player, browser, address, "--pictures", pictures] + options)
        let seen = self.seen
        self.program = program
        self.work = Task {
            for await line in program.lines {
                let look = try? JSONDecoder().decode(Look.self, from: Data(line.text.utf8))
                seen.change { state in
                    if let look { state.note(look) } else { state.words.append(line.text) }
                }
            }
            seen.change { $0.hasEnded = true }
        }
    }

    deinit {
        self.work.cancel()
        // It has a browser to close; its group is killed with the test.
        self.program.signal(SIGTERM)
    }

    /// Where pictures of the page are kept, to be looked at.
    private static func folder() throws -> String {
        let folder = Checkout.root.appendingPathComponent(".build-tools/pictures")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.path
    }

    @discardableResult
    func wait(
        for what: String,
        within deadline: Duration = .seconds(40),
        until isMet: @escaping @Sendable (Look) -> Bool
    ) async throws -> Look {
        try await self.seen.wait(for: "\(self.browser) to \(what)", within: deadline) { state in
            state.last.map(isMet) ?? false || state.hasEnded
        }
        guard let look = self.seen.state.last, isMet(look) else { throw CancellationError() }
        return look
    }

    /// Until so much more of the stream was seen, while it says that it plays: by the time in the picture, for WebKit's count of
    /// pictures stands still at times. As a rule that is more than a page has in store.
    func plays(_ seconds: Double = 2.5, after what: String, within deadline: Duration = .seconds(40)) async throws {
        self.seen.change { state in
            state.latencies = []
            state.played = 0
        }
        try await self.seen.wait(for: "\(self.browser) to play after \(what)", within: deadline) { state in
            state.played >= seconds || state.hasEnded
        }
        guard !self.seen.state.hasEnded else { throw CancellationError() }
    }
}

extension [PageWatcher] {
    /// All at once, for they look at the same stream.
    func each(_ body: @escaping @Sendable (PageWatcher) async throws -> Void) async throws {
        try await withThrowingTaskGroup { group in
            for watcher in self { group.addTask { try await body(watcher) } }
            try await group.waitForAll()
        }
    }
}

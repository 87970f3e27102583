import Foundation
import Glibc
import Toolkit

/// A browser that does what it is told, one thing after the other.
final class PageDriver: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private struct Answer: Decodable {
        var number: Int
        var error: String?
    }

    private struct Holder<Value: Decodable>: Decodable {
        var value: Value
    }

    private struct State: Sendable, CustomStringConvertible {
        var answers: [Int: Data] = [:]
        var hasEnded = false
        var words: [String] = []

        var description: String { "ended \(self.hasEnded), \(self.words.suffix(5))" }
    }

    let browser: String
    private let program: Program
    private let commands: FileHandle
    private let seen = Observed(State())
    private let count = Observed(0)
    private let work: Task<Void, Never>

    init(_ browser: String, _ options: [String] = []) throws {
        self.browser = browser
        let script = Checkout.root.appendingPathComponent("Tests/Players/venue.py").path
        let pipe = Pipe()
        let reading = pipe.fileHandleForReading.fileDescriptor
        let program = try Program.start("python3", [script, browser] + options, inheriting: reading)
        try pipe.fileHandleForReading.close()
        self.commands = pipe.fileHandleForWriting
        self.program = program
        let seen = self.seen
        self.work = Task {
            for await line in program.lines {
                let data = Data(line.text.utf8)
                let answer = try? JSONDecoder().decode(Answer.self, from: data)
                seen.change { state in
                    if let answer { state.answers[answer.number] = data } else { state.words.append(line.text) }
                }
            }
            seen.change { $0.hasEnded = true }
        }
    }

    deinit {
        self.work.cancel()
        self.program.signal(SIGTERM)
    }

    /// What the answer holds, as it stands in JSON.
    @discardableResult
    func tell(_ command: String, within deadline: Duration = .seconds(60)) async throws -> Data {
        let number = self.count.change { count in
            count += 1
            return count
        }
        try self.commands.write(contentsOf: Data("\(number) \(command)\n".utf8))
        let what = "\(self.browser) to \(command)"
        try await self.seen.wait(for: what, within: deadline) { $0.hasEnded || $0.answers[number] != nil }
        let state = self.seen.state
        guard let data = state.answers[number] else { throw Failure(description: "\(what): \(state)") }
        let answer = try JSONDecoder().decode(Answer.self, from: data)
        if let error = answer.error { throw Failure(description: "\(what): \(error)") }
        return data
    }

    /// What a script returns.
    func run<Value: Decodable>(_ type: Value.Type, _ script: String) async throws -> Value {
        try JSONDecoder().decode(Holder<Value>.self, from: try await self.tell("run \(script)")).value
    }

    func waits(_ seconds: Int = 40, for script: String) async throws {
        try await self.tell("wait \(seconds) \(script)")
    }

    /// Keeps pictures of the page at the sizes of a notebook, a projector and a phone.
    func pictures(_ name: String) async throws {
        for (suffix, size) in [("-large", "1920x1080"), ("-phone", "390x844"), ("", "1280x800")] {
            try await self.tell("size \(size)")
            try await self.picture("\(name)\(suffix)")
        }
    }

    /// Keeps a picture of the page, to be looked at.
    func picture(_ name: String) async throws {
        let folder = Checkout.root.appendingPathComponent(".build-tools/pictures")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try await self.tell("picture \(folder.path)/\(self.browser)-\(name).png")
    }
}

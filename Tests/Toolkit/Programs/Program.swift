package import Foundation
import Glibc
import Synchronization

/// A running program, alone in its process group, whose output is kept and can be awaited line by line.
///
/// The group is killed when the value goes away and when the test process exits, so a failed test leaves nothing behind.
package final class Program: Sendable {
    package enum Ending: Hashable, Sendable {
        case exit(Int32)
        case signal(Int32)
    }

    package enum Source: Hashable, Sendable {
        case output, error
    }

    package struct Line: Hashable, Sendable {
        package var source: Source
        package var text: String
    }

    /// What is left when it has ended.
    package struct Result: Sendable {
        package var ending: Ending
        package var output: Data
        package var error: Data
        package var outputText: String { String(decoding: self.output, as: UTF8.self) }
        package var errorText: String { String(decoding: self.error, as: UTF8.self) }
    }

    package let name: String
    package let pid: pid_t
    private let record: ProgramRecord

    private init(name: String, pid: pid_t, record: ProgramRecord) {
        self.name = name
        self.pid = pid
        self.record = record
    }

    deinit {
        self.kill()
    }

    /// Starts a program found on the path, or at a path. A descriptor it inherits is its number 3.
    package static func start(
        _ name: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        inheriting descriptor: Int32? = nil,
        outputLimit: Int = 64 << 20
    ) throws(ProgramError) -> Program {
        let spawn = try Spawn(
            name,
            executable: try self.find(name).path,
            arguments: arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            inheriting: descriptor
        )
        ProgramGroups.shared.add(spawn.pid)
        let record = ProgramRecord(limit: outputLimit)
        spawn.follow(record)
        return Program(name: name, pid: spawn.pid, record: record)
    }

    /// Runs a program to its end; anything but status 0 is an error.
    @discardableResult
    package static func run(
        _ name: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        deadline: Duration = .seconds(120)
    ) async throws(ProgramError) -> Result {
        let program = try self.start(name, arguments, environment: environment)
        let result = try await program.result(within: deadline)
        guard result.ending == .exit(0) else {
            throw .failed(name, result.ending, lastWords: program.lastWords)
        }
        return result
    }

    /// Where a program is.
    package static func find(_ name: String) throws(ProgramError) -> URL {
        if name.contains("/") {
            guard FileManager.default.isExecutableFile(atPath: name) else { throw .notInstalled(name) }
            return URL(fileURLWithPath: name)
        }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        for directory in path.split(separator: ":") {
            let candidate = "\(directory)/\(name)"
            if FileManager.default.isExecutableFile(atPath: candidate) { return URL(fileURLWithPath: candidate) }
        }
        throw .notInstalled(name)
    }

    /// Its lines from the first on, of both streams in the order they were read; ends when it has ended.
    package var lines: AsyncStream<Line> { self.record.lines() }

    /// The first line that has the words in it, said already or yet to come.
    @discardableResult
    package func line(containing words: String, within deadline: Duration = .seconds(30)) async throws(ProgramError)
        -> String
    {
        let lines = self.lines
        let found = await self.limited(to: deadline) { () -> String?? in
            for await line in lines where line.text.contains(words) { return .some(line.text) }
            return .some(nil)
        }
        switch found {
        case .some(.some(let line)): return line
        case .some(nil): throw .endedBefore(self.name, line: words, lastWords: self.lastWords)
        case nil: throw .deadline("\(self.name), to say “\(words)”,", deadline, lastWords: self.lastWords)
        }
    }

    /// Waits for its end and the end of its output. Past the deadline, its group is killed and that is an error.
    package func result(within deadline: Duration = .seconds(120)) async throws(ProgramError) -> Result {
        let record = self.record
        let result = await self.limited(to: deadline) { await record.result() }
        guard let result else {
            self.kill()
            throw .deadline(self.name, deadline, lastWords: self.lastWords)
        }
        self.kill()  // what it left in its group
        return result
    }

    package var isRunning: Bool { self.record.isRunning }

    /// The end of what it said on stderr.
    package var lastWords: String { self.record.lastWords }

    /// Everything it has said so far, line by line, on both streams.
    package var said: String { self.record.said }

    /// Sends a signal to the process alone.
    package func signal(_ number: Int32) {
        guard self.isRunning else { return }
        _ = Glibc.kill(self.pid, number)
    }

    /// Asks it to end and lets it go on until it has; past the deadline its group is killed. Nobody waits for that but the
    /// end of the test process, and until then the files are there that it may still write to.
    package func dismiss(within deadline: Duration, keeping scratch: Scratch) {
        guard self.isRunning else { return }
        self.signal(SIGTERM)
        let departure = ProgramGroups.shared.departure()
        Task {
            _ = try? await self.result(within: deadline)
            departure.leave()
            withExtendedLifetime(scratch) {}
        }
    }

    /// Kills its whole group.
    package func kill() {
        ProgramGroups.shared.kill(self.pid)
    }

    /// What the work gives, or nil when the time is up or the test is cancelled first.
    private func limited<Value: Sendable>(
        to deadline: Duration,
        _ work: @escaping @Sendable () async -> Value?
    ) async -> Value? {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask { await work() }
            group.addTask {
                try? await Task.sleep(for: deadline)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}

import Foundation

/// A program from the path, run to its end.
enum Tool {
    /// - Returns: its exit status, and what it wrote to either stream.
    static func run(_ command: [String], input: Data = Data()) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let given = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        let taken = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { for file in [given, taken] { try? FileManager.default.removeItem(at: file) } }
        // Files, because a pipe that nobody empties would stop a program that has much to say.
        try input.write(to: given)
        try Data().write(to: taken)
        process.standardInput = try FileHandle(forReadingFrom: given)
        let output = try FileHandle(forWritingTo: taken)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, try String(decoding: Data(contentsOf: taken), as: UTF8.self))
    }
}

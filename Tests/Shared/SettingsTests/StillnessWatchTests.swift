import Foundation
import Settings
import Testing

@Suite struct StillnessWatchTests {
    private static func file(_ text: String?) -> StillnessWatch.Contents { ["a.yaml": text.map { Array($0.utf8) }] }

    /// What each look says of a file that holds this; `!` in front: somebody has it open to write to it.
    private func reloads(_ looks: [String?]) -> [Int] {
        var watch = StillnessWatch(inForce: Self.file("relays: { live: {} }"))
        return looks.enumerated().filter { _, text in
            let isBeingWritten = text?.hasPrefix("!") ?? false
            let contents = Self.file(isBeingWritten ? text.map { String($0.dropFirst()) } : text)
            return watch.look(contents, isBeingWritten: isBeingWritten)
        }.map(\.offset)
    }

    @Test func aChangeIsReadOnceItHasBeenStill() {
        #expect(self.reloads(["x: 1", "x: 1", "x: 1", "x: 1", "x: 1", "x: 1"]) == [3])
        #expect(self.reloads(["x: 1", "x: 1", "x: 2", "x: 2", "x: 2", "x: 2", "x: 2"]) == [5])
    }

    @Test func thereIsTimeWhileNothingChanges() {
        var watch = StillnessWatch(inForce: Self.file("x: 1"))
        let isStill = ["x: 1", "x: 1", "x: 1", "x: 2", "x: 2", "x: 2", "x: 2"].map { text in
            _ = watch.look(Self.file(text), isBeingWritten: false)
            return watch.isStill
        }
        #expect(isStill == [false, false, true, false, false, false, true])
    }

    /// A file that is cut and written anew must not be read in between: an empty one would take every relay away.
    @Test func aFileThatIsEmptyOrGoneIsAwaited() {
        #expect(self.reloads(["", "", "", "", "", "", "x: 1", "x: 1", "x: 1", "x: 1"]) == [9])
        #expect(self.reloads([nil, nil, nil, nil, nil, "x: 1", "x: 1", "x: 1", "x: 1"]) == [8])
        #expect(
            self.reloads(["", "", "", "", "relays: { live: {} }"] + .init(repeating: "relays: { live: {} }", count: 5))
                == []
        )
    }

    @Test func aFileThatSomebodyWritesToIsAwaited() {
        #expect(self.reloads(["!x: 1", "!x: 1", "!x: 1", "!x: 1", "!x: 1", "x: 1", "x: 1", "x: 1"]) == [7])
    }

    @Test func aFileThatIsOnlyTouchedIsNotReadAgain() {
        #expect(self.reloads(.init(repeating: "relays: { live: {} }", count: 8)) == [])
    }

    @Test func filesThatAreNamedLater() {
        var watch = StillnessWatch(inForce: ["a.yaml": [1]])
        let both: StillnessWatch.Contents = ["a.yaml": [1], "b.sdp": [2]]
        #expect((0..<6).filter { _ in watch.look(both, isBeingWritten: false) } == [])
        let changed: StillnessWatch.Contents = ["a.yaml": [1], "b.sdp": [3]]
        #expect((0..<6).filter { _ in watch.look(changed, isBeingWritten: false) } == [3])
    }

    /// The same on disk: a writer that pauses half way, a file put in the place of the other, and a link that is moved, as
    /// Kubernetes does with a changed ConfigMap.
    @Test func realFiles() throws {
        let folder = NSTemporaryDirectory() + "transponder-watch-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for version in ["v1", "v2"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(version)", withIntermediateDirectories: true)
            try Data("x: \(version)\n".utf8).write(to: URL(filePath: "\(folder)/\(version)/a.yaml"))
        }
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/now", withDestinationPath: "v1")
        let path = "\(folder)/now/a.yaml"
        var watch = StillnessWatch(inForce: StillnessWatch.contents(of: [path]))
        func looks(_ count: Int) -> Int {
            (0..<count).count { _ in
                watch.look(StillnessWatch.contents(of: [path]), isBeingWritten: StillnessWatch.isBeingWritten([path]))
            }
        }
        #expect(looks(8) == 0)
        try FileManager.default.removeItem(atPath: "\(folder)/now")
        #expect(looks(8) == 0)
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/now", withDestinationPath: "v2")
        #expect(looks(8) == 1)

        try Data("x: v3\n".utf8).write(to: URL(filePath: path), options: .atomic)
        #expect(looks(8) == 1)

        let writer = try FileHandle(forWritingTo: URL(filePath: path))
        try writer.truncate(atOffset: 0)
        #expect(looks(8) == 0)
        try writer.write(contentsOf: Data("x: half".utf8))
        #expect(looks(8) == 0)
        try writer.write(contentsOf: Data(" and half\n".utf8))
        #expect(looks(8) == 0)
        try writer.close()
        #expect(looks(8) == 1)
        #expect(looks(8) == 0)
    }
}

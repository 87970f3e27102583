import Contract
import Foundation
import Linux
import Settings
import Testing

@Suite struct StateDirectoryTests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "transponder-state-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private func mode(_ path: String) throws -> Int {
        try (FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue ?? 0
    }

    @Test func makesAKeyOnceAndKeepsIt() throws {
        try self.withDirectory { path in
            let relay = try RelayName("live")
            let first = try StateDirectory(preparing: path).publishKey(of: relay)
            let second = try StateDirectory(preparing: path).publishKey(of: relay)
            #expect(first.isNew)
            #expect(!second.isNew)
            #expect(first.secret == second.secret)
            #expect(first.secret.revealed.count == 32)
            #expect(first.file == "\(path)/relays/live/publish_key")
            #expect(try self.mode(first.file) == 0o600)
            #expect(try self.mode(path) == 0o700)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(path)/relays/live") == ["publish_key"])
            let other = try StateDirectory(preparing: path).publishKey(of: RelayName("other"))
            #expect(other.secret != first.secret)
        }
    }

    @Test func takesAKeyTheOperatorPutThere() throws {
        try self.withDirectory { path in
            let relay = try RelayName("live")
            let file = try StateDirectory(preparing: path).publishKey(of: relay).file
            try Data("my-own-key\n".utf8).write(to: URL(filePath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            #expect(try StateDirectory(preparing: path).publishKey(of: relay).secret.matches("my-own-key"))
        }
    }

    @Test func refusesAKeyOthersCanRead() throws {
        try self.withDirectory { path in
            let relay = try RelayName("live")
            let state = try StateDirectory(preparing: path)
            let file = try state.publishKey(of: relay).file
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
            #expect(throws: StateError.tooOpen(file, mode: 0o644)) { try state.publishKey(of: relay) }
        }
    }

    @Test func refusesAKeyThatIsNone() throws {
        try self.withDirectory { path in
            let relay = try RelayName("live")
            let state = try StateDirectory(preparing: path)
            let file = try state.publishKey(of: relay).file
            for content in [Data(), Data("two words".utf8), Data([0xff, 0xfe]), Data(repeating: 0x61, count: 1 << 20)] {
                try content.write(to: URL(filePath: file))
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
                #expect(throws: StateError.self) { try state.publishKey(of: relay) }
            }
        }
    }

    @Test func saysWhyItCannotBeUsed() throws {
        try self.withDirectory { path in
            try Data().write(to: URL(filePath: path))
            #expect(throws: StateError.notADirectory(path)) { try StateDirectory(preparing: path) }
            #expect(throws: StateError.self) { try StateDirectory(preparing: "\(path)/below") }
        }
        #expect(throws: StateError.self) { try StateDirectory(preparing: "/proc/transponder") }
    }

    /// In words of their own, not by the number of an error.
    @Test func aFullDiskIsCalledFull() {
        let full = LinuxError("write", code: 28)
        #expect(
            StateError.writing("/s/api_token", full).description
                == "Cannot write /s/api_token (no space left on the disk that it lies on); free some."
        )
        #expect(StateError.writing("/s", full).exitCode == ExitStatus.cannotCreate)
        let errors: [any Error] = [
            full, LinuxError("write", code: 122), CocoaError(.fileWriteOutOfSpace),
        ]
        for error in errors {
            #expect(StateError.writing("/s", error).description.contains("no space left"), "\(error)")
        }
        #expect(StateError.writing("/s", LinuxError("open", code: 13)).description.contains("(permission denied)"))
    }

    @Test func whatCannotBeReadIsSaidInWords() throws {
        // A process' memory is there, and cannot be read from its beginning, by whomever.
        #expect {
            try ConfigurationFile.load("/proc/self/mem", environment: [:])
        } throws: {
            "\($0)".contains("the file cannot be read: Input/output error.")
        }
    }
}

import Foundation
import HostCore
import Testing

@Suite struct HostFileTests {
    private let directory: String

    init() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        self.directory = path
    }

    @Test func itIsReadAsItWasWritten() throws {
        defer { try? FileManager.default.removeItem(atPath: self.directory) }
        for http in ["127.0.0.1:8080", nil] {
            let file = HostFile(pid: 12, http: http, version: "1.0")
            try file.write(in: self.directory)
            #expect(try HostFile(in: self.directory) == file)
        }
        // No draft is left.
        #expect(try FileManager.default.contentsOfDirectory(atPath: self.directory) == [HostFile.name])
    }

    @Test func scriptsFindItsKeys() throws {
        defer { try? FileManager.default.removeItem(atPath: self.directory) }
        try HostFile(pid: 12, http: "127.0.0.1:8080", version: "1.0").write(in: self.directory)
        let text = try String(contentsOfFile: HostFile.path(in: self.directory), encoding: .utf8)
        #expect(text.contains("\"http\" : \"127.0.0.1:8080\"") && text.contains("\"pid\" : 12"))
    }

    @Test func whereItCannotBeWrittenIsSaid() throws {
        try FileManager.default.removeItem(atPath: self.directory)
        let error = #expect(throws: HostError.self) {
            try HostFile(pid: 1, http: nil, version: "").write(in: self.directory)
        }
        #expect(error?.description.contains("host.json cannot be written: ") == true)
    }
}

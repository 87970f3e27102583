import Foundation
import FuzzEntries
import NIOCore
import Testing

/// Everything that fuzzers start from and what they found, through the entries that they use.
@Suite struct FuzzCorpusTests {
    @Test(arguments: FuzzEntry.allCases)
    func everyFileOfTheCorpusIsSurvived(_ entry: FuzzEntry) throws {
        let folder = try #require(Bundle.module.resourceURL).appending(path: "Corpus/\(entry.rawValue)")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            entry.run(ByteBuffer(bytes: try Data(contentsOf: file)))
        }
    }
}

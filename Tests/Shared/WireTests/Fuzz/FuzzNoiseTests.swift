import Foundation
import FuzzEntries
import NIOCore
import Testing
import Toolkit

/// The corpus with noise in it, the same every time: what a fuzzer finds in its first seconds.
@Suite struct FuzzNoiseTests {
    @Test(arguments: [FuzzEntry.sdp, .rtp, .rtcp, .ts, .psi, .latm, .srt, .request, .nal, .proxy], [1, 2])
    func noiseInTheCorpusIsSurvived(_ entry: FuzzEntry, seed: UInt64) throws {
        let folder = try #require(Bundle.module.resourceURL).appending(path: "Corpus/\(entry.rawValue)")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        var random = SeededGenerator(seed: seed)
        for file in files.sorted(by: { $0.path < $1.path }) {
            let whole = ByteBuffer(bytes: try Data(contentsOf: file))
            for _ in 0..<60 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    let index = Int.random(in: 0..<bytes.readableBytes, using: &random)
                    bytes.setInteger(UInt8.random(in: 0...255, using: &random), at: index)
                }
                bytes.moveWriterIndex(to: Int.random(in: bytes.readableBytes / 2...bytes.readableBytes, using: &random))
                entry.run(bytes)
            }
        }
    }
}

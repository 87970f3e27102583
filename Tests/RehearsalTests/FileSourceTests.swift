import NIOCore
import Rehearsal
import Testing
import Wire

@Suite struct FileSourceTests {
    private static func file(_ tags: [FLVTag]) -> [UInt8] {
        let encoder = FLVTagEncoder()
        var bytes = encoder.fileHeader(hasAudio: true, hasVideo: true)
        for tag in tags { encoder.write(tag, into: &bytes) }
        return Array(bytes.readableBytesView)
    }

    private static func picture(_ time: UInt32) -> FLVTag {
        FLVTag(kind: .video, timestamp: time, body: ByteBuffer(bytes: [0x17, 1, 0, 0, 0, 1, 2, 3]))
    }

    @Test func timesGoOnOverTheEnd() throws {
        let header = FLVTag(kind: .video, timestamp: 5000, body: ByteBuffer(bytes: [0x17, 0, 0, 0, 0]))
        let end = FLVTag(kind: .video, timestamp: 5100, body: ByteBuffer(bytes: [0x17, 2, 0, 0, 0]))
        let pictures = [5000, 5040, 5080].map { Self.picture($0) }
        var source = try FileSource(Self.file([header] + pictures + [end]))
        #expect(source.prelude.map(\.timestamp) == [0])
        #expect((0..<7).map { _ in source.next().timestamp } == [0, 40, 80, 106, 146, 186, 212])
    }

    @Test func aFileWithoutFramesIsRefused() {
        #expect(throws: FileSourceError.empty) { try FileSource(Self.file([])) }
    }

    @Test func whatIsNoFLVIsRefused() {
        #expect(throws: FileSourceError.self) { try FileSource(Array("RIFF of another kind".utf8)) }
    }

    @Test func aFileThatBreaksOffGivesItsWholeTags() throws {
        let whole = Self.file([Self.picture(0), Self.picture(40)])
        var source = try FileSource(Array(whole.dropLast(10)))
        #expect(source.next().timestamp == 0)
        #expect(source.next().timestamp == 1)
    }
}

import Foundation
import Media
import NIOCore
import Rehearsal
import Testing
import Toolkit
import Wire

@Suite(.ownThread) struct GeneratedSourceTests {
    private static func settings(
        _ width: Int,
        _ height: Int,
        fps: Int = 30,
        bitrate: Int = 2_000_000,
        interval: Int = 60
    ) -> GeneratedSource.Settings {
        .init(
            picture: .init(width: width, height: height, framesPerSecond: fps),
            bitrate: bitrate,
            keyframeInterval: interval
        )
    }

    @Test(arguments: [(16, 16), (18, 34), (640, 360), (1280, 720), (1920, 1080)])
    func theParametersSayTheSizeAndRate(width: Int, height: Int) throws {
        let source = GeneratedSource(Self.settings(width, height))
        var decoder = MediaTagDecoder()
        let events = try source.prelude.flatMap { try decoder.decode($0) }
        let configurations = events.compactMap { event -> CodecConfiguration? in
            if case .configuration(_, let configuration) = event { configuration } else { nil }
        }
        #expect(configurations.map(\.codec) == [.h264, .aac])
        let record = try AVCDecoderConfiguration(record: configurations[0].record)
        #expect(record.sequence.width == width)
        #expect(record.sequence.height == height)
        #expect(record.sequence.frameRate == 30)
        #expect(configurations[1].sampleRate == 48_000)
        #expect(configurations[1].channels == 2)
    }

    @Test func timesRiseAndKeyframesComeRegularly() {
        var source = GeneratedSource(Self.settings(320, 180, interval: 15))
        let tags = (0..<3000).map { _ in source.next() }
        #expect(zip(tags, tags.dropFirst()).allSatisfy { $0.timestamp <= $1.timestamp })
        let pictures = tags.filter { $0.kind == .video }
        for (number, picture) in pictures.enumerated() {
            #expect(picture.timestamp == UInt32(number * 1000 / 30))
            #expect(picture.body.getInteger(at: 0, as: UInt8.self) == (number % 15 == 0 ? 0x17 : 0x27))
        }
        let sounds = tags.filter { $0.kind == .audio }
        #expect(abs(sounds.count * 30 - pictures.count * 47) < pictures.count)
    }

    @Test(arguments: [300_000, 2_150_000, 20_000_000])
    func theBitRateIsAsAsked(bitrate: Int) {
        var source = GeneratedSource(Self.settings(640, 360, bitrate: bitrate))
        var bytes = 0
        var pictures = 0
        while pictures < 600 {
            let tag = source.next()
            bytes += tag.body.readableBytes
            pictures += tag.kind == .video ? 1 : 0
        }
        #expect(abs(Double(bytes * 8) / 20 - Double(bitrate)) < Double(bitrate) * 0.02)
    }

    /// A decoder that does not conceal errors takes every picture, with and without cropping, and over a frame_num wrap.
    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/ffmpeg")),
        arguments: [(16, 16, 60), (34, 18, 60), (640, 360, 60), (640, 360, 1), (96, 96, 300), (1920, 1080, 30)]
    )
    func everyPictureDecodes(width: Int, height: Int, interval: Int) throws {
        let seconds = interval > 60 ? 11 : 3
        let file = GeneratedSource(Self.settings(width, height, interval: interval)).file(lasting: .seconds(seconds))
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).flv")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data(file).write(to: path)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/ffmpeg")
        process.arguments = [
            "-v", "warning", "-err_detect", "explode", "-i", path.path, "-progress", "-", "-f", "null", "-",
        ]
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        let complaints = Pipe()
        process.standardOutput = output
        process.standardError = complaints
        try process.run()
        let progress = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let errors = String(decoding: complaints.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(errors.isEmpty)
        let frames = progress.split(separator: "\n").last { $0.hasPrefix("frame=") }
        #expect(frames == "frame=\(seconds * 30)")
    }

    @Test func aFileIsReadBack() throws {
        let generated = GeneratedSource(Self.settings(64, 64))
        var source = try FileSource(generated.file(lasting: .seconds(2)))
        #expect(source.prelude == generated.prelude)
        var original = generated
        for _ in 0..<60 { #expect(source.next() == original.next()) }
    }
}

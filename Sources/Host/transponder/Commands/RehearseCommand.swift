internal import ArgumentParser
internal import Linux
internal import Rehearsal

struct RehearseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rehearse",
        abstract: "Publishes a stream, plays it with many viewers, and measures how that goes.",
        discussion: """
            Run it before an event, against any RTMP server:

              transponder rehearse 'rtmp://host/live/main?key=SECRET' --viewers 100

            It exits with 0 when every viewer played without a fault, with 1 when one did not, and with 2 when it could \
            not be tried.
            """
    )

    @Argument(help: "Where to publish: rtmp://host:port/app/stream?key=…")
    var address: String?

    @Flag(help: "Publish nothing: the stream is there already. Needs --play.")
    var noPublish = false

    @Option(help: "Publish this FLV file, over and over, instead of a generated stream.")
    var file: String?

    @Option(help: "Bits a second of the generated stream.")
    var bitrate = BitRate(bitsPerSecond: 2_000_000)

    @Option(help: "Pictures a second of the generated stream.")
    var fps = 30

    @Option(help: "Time from one keyframe of the generated stream to the next.")
    var gop = TimeSpan(seconds: 2)

    @Option(help: "Width and height of the generated stream's pictures.")
    var size = PictureSize(width: 640, height: 360)

    @Option(help: "Write --duration of the generated stream into this FLV file, and do nothing else.")
    var save: String?

    @Option(
        help: """
            Where to play: rtmp://host:port/app/stream, http:// with an address that ends in .flv, .ts or .mp4, \
            rtsp://host:port/app/stream (rtspu:// has the packets come by UDP), or \
            srt://host:port?streamid=read:app/stream. May be given several times; the viewers are divided. (default: by \
            RTMP, where it is published)
            """
    )
    var play: [String] = []

    @Option(help: "How many viewers play.")
    var viewers = 100

    @Option(help: "How many viewers join in a second.")
    var ramp = 200

    @Option(help: "How many of the viewers measure latency.")
    var probes = 20

    @Option(help: "How long to wait for the stream to be there, and for the viewers to join.")
    var wait = TimeSpan(seconds: 10)

    @Option(help: "Time between the last viewer's joining and the measuring.")
    var settle = TimeSpan(seconds: 3)

    @Option(help: "Time to measure for.")
    var duration = TimeSpan(seconds: 10)

    @Option(help: "The longest step between two timestamps of a track that is not a gap.")
    var gap = TimeSpan(seconds: 0.5)

    @Option(help: "Measure this process and its children: the server, if it runs here. May be given several times.")
    var pid: [Int] = []

    @Option(help: "Write the report as JSON into this file; - is the standard output.")
    var json: String?

    func validate() throws {
        let positive = [("--viewers", self.viewers), ("--ramp", self.ramp), ("--fps", self.fps)]
        for (name, value) in positive where value < 1 { throw ValidationError("\(name) must be at least 1") }
        guard self.probes >= 0 else { throw ValidationError("--probes cannot be negative") }
        guard self.save == nil else { return }
        if self.noPublish {
            guard self.address == nil else {
                throw ValidationError("--no-publish goes with --play, not with an address")
            }
            guard !self.play.isEmpty else { throw ValidationError("--no-publish needs --play: where the stream is") }
        } else {
            guard self.address != nil else { throw ValidationError("an address to publish to is missing") }
        }
    }

    func run() throws {
        if let save = self.save {
            let file = GeneratedSource(try self.generated()).file(lasting: self.duration.duration)
            try Files.write(file, to: save)
            return
        }
        let spec = try self.spec()
        let report: RehearsalReport
        do {
            report = try Rehearsal.run(spec) { StandardStream.error.print("transponder: \($0)") }
        } catch {
            throw CommandError("\(error)")
        }
        if self.json == "-" {
            StandardStream.error.print(report.text)
            StandardStream.output.print(report.json)
        } else {
            StandardStream.output.print(report.text)
            if let json = self.json { try Files.write(Array((report.json + "\n").utf8), to: json) }
        }
        guard report.faults.isEmpty else { throw ExitCode(1) }
    }

    private func spec() throws -> RehearsalSpec {
        let publication = try self.publication()
        var plays: [StreamAddress] = []
        for text in self.play { plays.append(try Self.address(text)) }
        if plays.isEmpty, let publication { plays.append(publication.address.withoutQuery) }
        var spec = RehearsalSpec(publication: publication, plays: plays)
        spec.viewers = self.viewers
        spec.ramp = self.ramp
        spec.probes = self.probes
        spec.joinTimeout = self.wait.duration
        spec.settle = self.settle.duration
        spec.duration = self.duration.duration
        spec.gap = self.gap.duration
        spec.processes = self.pid
        return spec
    }

    private func publication() throws -> RehearsalSpec.Publication? {
        guard let text = self.address else { return nil }
        let address = try Self.address(text)
        guard address.format == .rtmp else { throw CommandError("publishing goes to an rtmp:// address") }
        guard let file = self.file else {
            return .init(address: address, source: GeneratedSource(try self.generated()))
        }
        do {
            return .init(address: address, source: try FileSource(try Files.read(file)))
        } catch let error as FileSourceError {
            throw CommandError("\(file) cannot be published: \(error)")
        }
    }

    private func generated() throws -> GeneratedSource.Settings {
        let picture = PictureFormat(width: self.size.width, height: self.size.height, framesPerSecond: self.fps)
        let pictures = Int((self.gop.seconds * Double(self.fps)).rounded())
        guard pictures >= 1 else { throw CommandError("--gop is shorter than one picture") }
        return .init(picture: picture, bitrate: self.bitrate.bitsPerSecond, keyframeInterval: pictures)
    }

    private static func address(_ text: String) throws -> StreamAddress {
        do {
            return try StreamAddress(parsing: text)
        } catch {
            throw CommandError("\(error)")
        }
    }
}

import Testing
import Toolkit

/// A file that was published, and what the viewers of it got.
struct Comparison {
    let source: String
    let tracks: [AccessUnits.Track]
    let recording: Recording
    /// Seconds of the source.
    let seconds: Int

    static func make(of outlets: [Outlet], with sample: Sample) async throws -> Comparison {
        let source = try await sample.path()
        let program = try await sample.needsModern ? FFmpeg.modern() : FFmpeg.system
        var tracks: [AccessUnits.Track] = []
        if let video = sample.video { tracks.append(AccessUnits.Track(specifier: "v:0", codec: video.codecName)) }
        if let audio = sample.audio { tracks.append(AccessUnits.Track(specifier: "a:0", codec: audio.rawValue)) }
        let recording = try await Recording.make(of: outlets, source: source, program: program)
        return Comparison(source: source, tracks: tracks, recording: recording, seconds: sample.seconds)
    }

    private var outlets: [Outlet] { Outlet.allCases.filter { self.recording.files[$0] != nil } }

    /// How much of the end may be missing: a playlist never offers the segment that was being written.
    private func least(of count: Int, _ outlet: Outlet) -> Int {
        outlet.isHLS ? count * (self.seconds - 2) / self.seconds : count
    }

    /// Every access unit comes out byte for byte, in one run up to the last.
    ///
    /// - Parameter late: seconds of the source that an output may begin late.
    /// - Throws: whatever ffmpeg failed with.
    func expectSameUnits(late: [Outlet: Int] = [:]) async throws {
        for track in self.tracks {
            let sent = try await AccessUnits.hashes(of: self.source, track, inTransportStream: false)
            try #require(sent.count > 20)
            for outlet in self.outlets {
                let got = try await AccessUnits.hashes(
                    of: self.recording.file(outlet),
                    track,
                    inTransportStream: outlet.isTransportStream
                )
                // Sound from before the first picture is left out; where there is no picture, join points are few.
                var early = track.specifier.hasPrefix("v") ? 0 : self.tracks.count > 1 ? 4 : sent.count / 3
                early += (late[outlet] ?? 0) * (sent.count / self.seconds + 1)
                let start = (0...early).first { got.elementsEqual(sent.dropFirst($0).prefix(got.count)) }
                #expect(start != nil, "\(outlet) \(track.codec): \(Self.difference(got, sent))")
                #expect(
                    got.count + early >= self.least(of: sent.count, outlet),
                    "\(outlet) \(track.codec) of \(sent.count)"
                )
            }
        }
    }

    private static func difference(_ got: [String], _ sent: [String]) -> String {
        let place =
            zip(got, sent).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(got.count, sent.count)
        return "of \(got.count) access units, \(sent.count) sent, number \(place) is the first to differ"
    }

    /// Every picture decodes, without a complaint, to what the source decodes to.
    func expectSamePictures(program: String) async throws {
        let sent = try await DecodedFrame.all(of: self.source, program: program)
        for outlet in self.outlets {
            let got = try await DecodedFrame.all(of: self.recording.file(outlet), program: program)
            #expect(got.map(\.hash).elementsEqual(sent.prefix(got.count).map(\.hash)), "\(outlet): a picture differs")
            #expect(got.count >= self.least(of: sent.count, outlet), "\(outlet), of \(sent.count) pictures")
        }
    }

    /// Decoding times rise in every track, and no picture is shown before it can be decoded.
    func expectRisingTimes() async throws {
        for outlet in self.outlets {
            let packets = try await FFprobe.packets(self.recording.file(outlet))
            #expect(packets.count > 20, "\(outlet)")
            #expect(packets.isMonotonic, "\(outlet)")
        }
    }

    /// Sound and picture are as far apart as in the source, within 45 ms (EBU R 37 allows 40 ms early and 60 ms late).
    func expectSynchrony(program: String) async throws {
        let sent = try #require(try await AVOffset.measure(self.source, program: program).milliseconds)
        for outlet in self.outlets {
            let offset = try await AVOffset.measure(self.recording.file(outlet), program: program).milliseconds
            let got = try #require(offset, "\(outlet): neither flashes nor beeps")
            #expect(abs(got - sent) <= 45, "\(outlet): sound is \(got) ms behind the picture, in the source \(sent) ms")
            Figures.note("A/V offset, \(outlet), \(self.tracks.map(\.codec).joined(separator: "+")): \(got - sent) ms")
        }
    }
}

extension Sample.Video {
    /// As ffprobe names it.
    var codecName: String {
        switch self {
        case .openGOP, .h264Baseline: "h264"
        default: self.rawValue
        }
    }
}

import Media
import NIOCore
import Testing
import Toolkit
import Wire

/// Audio and video of one sender whose clocks start anywhere and run as fast as they like, through receiver and timeline.
struct RTPSynchronizationTests {
    /// A camera with a microphone. Times are µs of true time since the first capture.
    struct Sender: CustomTestStringConvertible {
        /// How much faster than true time each clock runs, parts per million.
        var videoClock: Int64 = 0
        var audioClock: Int64 = 0
        var dayClock: Int64 = 0
        var videoDelay: Int64 = 20_000
        var audioDelay: Int64 = 20_000
        var jitter: Int64 = 5_000
        var videoInterval: Int64 = 40_000
        var audioInterval: Int64 = 20_000
        /// When the first sender reports are sent, and how often; nil for never.
        var firstReport: Int64?
        var reportInterval: Int64 = 5_000_000
        /// How far the first report on pictures is from the truth.
        var firstReportError: Int64 = 0
        var length: Int64 = 60_000_000
        /// The sender's time of day is set by so much at half time.
        var daySet: Int64 = 0

        var testDescription: String {
            "video \(self.videoClock) ppm, audio \(self.audioClock) ppm, day \(self.dayClock) ppm"
        }

        fileprivate func ticks(_ time: Int64, _ clock: Int64, rate: Int64, from base: UInt32) -> UInt32 {
            let shown = time + time / 1_000_000 * clock + time % 1_000_000 * clock / 1_000_000
            let ticks = shown / 1_000_000 * rate + shown % 1_000_000 * rate / 1_000_000
            return base &+ UInt32(truncatingIfNeeded: ticks)
        }

        fileprivate func day(_ time: Int64) -> NTPTime {
            let set = time > self.length / 2 ? self.daySet : 0
            let shown = time + time / 1_000_000 * self.dayClock
            return NTPTime(microseconds: 1_700_000_000_000_000 + shown + set)
        }
    }

    struct Row {
        var track: TrackID
        /// When it was captured, true time.
        var captured: Int64
        /// Where the timeline put it.
        var time: Int64
        var wallClock: Int64
        var isHeld: Bool

        var shift: Int64 { self.time - self.captured }
    }

    struct Story {
        var rows: [Row] = []
        var discontinuities = 0
        var statistics: [RTPTrackStatistics] = []
        var doubtful: UInt64 = 0

        /// How far pictures are from the sound that was captured with them, µs, by when they were captured.
        var offsets: [(captured: Int64, offset: Int64)] {
            var sound: Int64?
            var offsets: [(captured: Int64, offset: Int64)] = []
            for row in self.rows {
                if row.track == .audio {
                    sound = row.shift
                } else if let sound {
                    offsets.append((row.captured, row.shift - sound))
                }
            }
            return offsets
        }

        func worst(from start: Int64, to end: Int64 = .max) -> Int64 {
            self.offsets.filter { $0.captured >= start && $0.captured < end }.map { abs($0.offset) }.max() ?? .max
        }

        /// The furthest that two packets of a track, one after the other, are moved apart, µs.
        var largestStep: Int64 {
            var last: [TrackID: Int64] = [:]
            var largest: Int64 = 0
            for row in self.rows {
                if let before = last[row.track] { largest = max(largest, abs(row.shift - before)) }
                last[row.track] = row.shift
            }
            return largest
        }
    }

    static let epoch: Int64 = 1_700_000_000_000_000

    static func play(_ sender: Sender) throws -> Story {
        let sdp = "m=video 0 RTP/AVP 96\na=rtpmap:96 VP8/90000\nm=audio 0 RTP/AVP 97\na=rtpmap:97 opus/48000/2"
        var receiver = try RTPReceiver(
            SessionDescription(parsing: sdp),
            configuration: RTPReceiverConfiguration(canonicalName: "x", source: 1)
        )
        var timeline = Timeline(now: 0, wallClock: Self.epoch)
        timeline.beginSource(.unbounded, now: 0, wallClock: Self.epoch)
        var random = SeededGenerator(seed: 4)
        var story = Story()

        var video = TestSender(sequence: 65_000, source: 1)
        var audio = TestSender(payloadType: 97, sequence: 30_000, source: 2)
        let picture = ByteBuffer(hex: "10 1002009d012ab0009000")
        let sound = ByteBuffer(hex: "fc00")
        var next: [Int64] = [0, 0, sender.firstReport ?? .max]
        var inFlight: [(time: Int64, media: Int, isControl: Bool, bytes: ByteBuffer, captured: Int64)] = []
        var captured: [TrackID: [Int64]] = [:]
        var taken: [TrackID: Int] = [:]
        while let kind = next.indices.min(by: { (next[$0], -$0) < (next[$1], -$1) }), next[kind] < sender.length {
            let time = next[kind]
            let jitter = Int64.random(in: 0...max(0, sender.jitter), using: &random)
            switch kind {
            case 0:
                let ticks = sender.ticks(time, sender.videoClock, rate: 90_000, from: 0xFFF0_0000)
                let packet = video.packet(picture, at: ticks, marker: true)
                inFlight.append((time + sender.videoDelay + jitter, 0, false, packet.bytes, time))
                next[0] += sender.videoInterval
            case 1:
                let ticks = sender.ticks(time, sender.audioClock, rate: 48_000, from: 0x1234_5678)
                let packet = audio.packet(sound, at: ticks)
                inFlight.append((time + sender.audioDelay + jitter, 1, false, packet.bytes, time))
                next[1] += sender.audioInterval
            default:
                for (media, clock, rate, base) in [
                    (0, sender.videoClock, Int64(90_000), UInt32(0xFFF0_0000)),
                    (1, sender.audioClock, 48_000, 0x1234_5678),
                ] {
                    var bytes = ByteBuffer()
                    RTCPPacket.senderReport(
                        RTCPSenderReport(
                            source: UInt32(media + 1),
                            time: sender.day(
                                media == 0 && time == sender.firstReport ? time + sender.firstReportError : time
                            ),
                            timestamp: sender.ticks(time, clock, rate: rate, from: base),
                            packets: 0,
                            bytes: 0
                        )
                    ).write(into: &bytes)
                    inFlight.append((time + 10_000, media, true, bytes, time))
                }
                next[2] += sender.reportInterval
            }
            // What is due before anything else can be sent arrives.
            let horizon = (next.min() ?? 0) + 5_000
            guard inFlight.count > 200 || horizon >= sender.length else { continue }
            inFlight.sort { ($0.time, $0.isControl ? 0 : 1) < ($1.time, $1.isControl ? 0 : 1) }
            let due = inFlight.prefix { $0.time < horizon }
            for arrival in due {
                var events: [RTPReceiverEvent] = []
                if let deadline = receiver.deadline, deadline <= arrival.time {
                    events += receiver.tick(now: arrival.time)
                    _ = receiver.reports(now: arrival.time, wall: 0)
                }
                if arrival.isControl {
                    events += receiver.receiveRTCP(
                        arrival.bytes,
                        media: arrival.media,
                        now: arrival.time,
                        wall: Self.epoch + arrival.time
                    )
                } else {
                    captured[arrival.media == 0 ? .video : .audio, default: []].append(arrival.captured)
                    events += receiver.receiveRTP(arrival.bytes, media: arrival.media, now: arrival.time)
                }
                for case .source(.packet(let packet)) in events {
                    let placement = timeline.place(packet, now: arrival.time)
                    let number = taken[packet.track, default: 0]
                    taken[packet.track] = number + 1
                    if placement.discontinuity != nil { story.discontinuities += 1 }
                    story.rows.append(
                        Row(
                            track: packet.track,
                            captured: captured[packet.track]?[number] ?? 0,
                            time: placement.packet.dts.microseconds,
                            wallClock: placement.wallClock,
                            isHeld: placement.wasHeld
                        )
                    )
                }
            }
            inFlight.removeFirst(due.count)
        }
        story.statistics = receiver.statistics
        story.doubtful = receiver.doubtfulReports
        return story
    }

    @Test func `Reports that come with the first packets put audio and video together from the start`() throws {
        let story = try Self.play(Sender(videoDelay: 220_000, firstReport: 0))
        #expect(story.worst(from: 0) <= 1000)
        #expect(story.discontinuities == 0)
        #expect(story.largestStep <= 1000)
    }

    @Test(arguments: [-200_000, -60_000, 60_000, 300_000, 800_000])
    func `Reports that come later move pictures there without a jump`(error: Int64) throws {
        let sender = Sender(
            videoDelay: 20_000 + max(0, error),
            audioDelay: 20_000 + max(0, -error),
            firstReport: 7_000_000
        )
        let story = try Self.play(sender)
        #expect(story.worst(from: 0, to: 5_000_000) > abs(error) - 10_000)
        let needed = abs(error) * 10
        #expect(story.worst(from: 7_500_000 + needed) < 45_000)
        #expect(story.worst(from: 50_000_000) < 5_000)
        #expect(story.largestStep <= 6_000)
        #expect(story.discontinuities == 0)
        #expect(story.rows.allSatisfy { !$0.isHeld })
    }

    /// As a sender on a busy machine has it: the first packets are late by some milliseconds, the reports tell the truth.
    @Test(arguments: [-35_000, -28_000, 28_000, 35_000])
    func `A small error of the first packets is gone soon after the first reports`(error: Int64) throws {
        let sender = Sender(
            videoDelay: 20_000 + max(0, error),
            audioDelay: 20_000 + max(0, -error),
            jitter: 0,
            firstReport: 1_500_000,
            length: 20_000_000
        )
        let story = try Self.play(sender)
        #expect(story.worst(from: 0, to: 1_500_000) > 25_000)
        #expect(story.worst(from: 3_000_000) <= 10_000)
        #expect(story.worst(from: 6_000_000) <= 1_000)
        #expect(story.largestStep <= 2_000)
        #expect(story.rows.allSatisfy { !$0.isHeld })
    }

    @Test(arguments: [-28_000, 28_000])
    func `A first report that is off is corrected by the next, and times never go back`(error: Int64) throws {
        let sender = Sender(firstReport: 1_500_000, firstReportError: error, length: 20_000_000)
        let story = try Self.play(sender)
        #expect(story.worst(from: 1_500_000, to: 6_500_000) > 20_000)
        #expect(story.worst(from: 8_000_000) <= 10_000)
        #expect(story.largestStep <= 2_000)
        #expect(story.rows.allSatisfy { !$0.isHeld })
        for track in [TrackID.video, .audio] {
            let times = story.rows.filter { $0.track == track }.map(\.time)
            #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
        }
    }

    @Test func `Without reports audio and video are put together by arrival`() throws {
        let story = try Self.play(Sender())
        #expect(story.worst(from: 0) < 10_000)
        #expect(story.largestStep <= 1000)
    }

    @Test(arguments: [3_600_000_000, -7_200_000_000])
    func `A sender whose time of day is set changes nothing`(by step: Int64) throws {
        let story = try Self.play(Sender(firstReport: 0, length: 60_000_000, daySet: step))
        #expect(story.worst(from: 0) <= 1000)
        #expect(story.largestStep <= 1000)
    }

    /// A day of a sender whose clocks are off: past a wrap of 32 bits at 90 kHz and at 48 kHz, and of 16 bits of sequence
    /// numbers.
    @Test(
        .serialized,
        .ownThread,
        arguments: [(200, 200, 200), (-200, -200, -200), (200, 200, 0), (-200, 200, 0)]
    )
    func `A day of drift`(video: Int64, audio: Int64, day: Int64) throws {
        let story = try Self.play(
            Sender(
                videoClock: video,
                audioClock: audio,
                dayClock: day,
                videoInterval: 3_000_000,
                audioInterval: 2_000_000,
                firstReport: 0,
                reportInterval: 10_000_000,
                length: 86_400_000_000
            )
        )
        #expect(story.rows.count > 70_000)
        #expect(story.worst(from: 0) < 10_000)
        // No step: the clocks' own drift from one report to the next, and from one packet to the next.
        #expect(story.largestStep < 6_000)
        #expect(story.discontinuities == 0)
        #expect(story.statistics.allSatisfy { $0.lost == 0 && $0.restarts == 0 && $0.sourceChanges == 0 })
        let lags = story.rows.filter { $0.track == .video }.map { $0.wallClock - Self.epoch - $0.captured }
        #expect((lags.min() ?? 0) > -50_000)
        #expect((lags.max() ?? .max) < 100_000)
    }
}

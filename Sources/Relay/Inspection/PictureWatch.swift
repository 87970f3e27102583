package import Contract
import Libav
package import Media
package import NIOCore

/// Looks at the picture of one source: at a keyframe every two seconds at most.
package struct PictureWatch {
    /// The least between two keyframes that are decoded, µs: with one every two seconds none is left out.
    static let interval: Int64 = 1_800_000

    let track: TrackID
    private let configuration: CodecConfiguration
    private let pixels: Int
    private var waiting: ByteBuffer?
    private var lastLook: Int64?
    private var last: StillPicture?
    private var standstill = StandstillMeter()
    private var decoded: UInt64 = 0
    package private(set) var inspection: PictureInspection?
    package private(set) var failures: UInt64 = 0
    private var failuresInARow = 0

    /// Keyframes in a row that cannot be decoded, after which what was seen before is what there was.
    private static let mostFailures = 3

    /// Whether no decoder can make anything of the picture.
    package var isUnreadable: Bool { self.failuresInARow >= Self.mostFailures }

    package init(_ track: TrackID, _ configuration: CodecConfiguration, pixels: Int) {
        self.track = track
        self.configuration = configuration
        self.pixels = pixels
    }

    func isOf(_ track: TrackID, _ configuration: CodecConfiguration) -> Bool {
        self.track == track && self.configuration == configuration
    }

    /// Whether a picture of the track is small enough for the memory that decoding it takes.
    var fits: Bool {
        let (area, overflow) = self.configuration.width.multipliedReportingOverflow(by: self.configuration.height)
        return !overflow && area <= self.pixels
    }

    /// Keeps a keyframe for the next look, in place of one that was kept before.
    package mutating func keep(_ keyframe: ByteBuffer) { self.waiting = keyframe }

    /// Decodes the newest keyframe, if there is one and it is time.
    ///
    /// - Parameters:
    ///   - forText: whether text is looked for in it.
    ///   - now: µs.
    package mutating func look(forText: Bool, at now: Int64) {
        guard let keyframe = self.waiting, self.fits, now - (self.lastLook ?? now - Self.interval) >= Self.interval
        else {
            return
        }
        self.waiting = nil
        self.lastLook = now
        do throws(LibavError) {
            let still = try StillDecoder.still(
                of: keyframe,
                self.configuration,
                pixels: self.pixels,
                tiles: forText ? TextFigures.tiles : 0
            )
            guard let still else { return self.fail() }
            self.note(still, at: now)
            self.inspection?.text = TextFigures(still.tiles).map { text in
                TextInspection(
                    lines: text.lines,
                    height: text.height,
                    contrast: text.contrast,
                    quantiser: text.quantiser ?? KeyframeQuantiser.mean(of: keyframe, self.configuration)
                )
            }
        } catch {
            self.fail()
        }
    }

    private mutating func fail() {
        self.failures += 1
        self.failuresInARow = min(self.failuresInARow + 1, Self.mostFailures)
        // Black once is not black for ever.
        if self.isUnreadable { (self.inspection, self.last) = (nil, nil) }
    }

    private mutating func note(_ still: StillPicture, at now: Int64) {
        let figures = PictureFigures(still)
        let difference = self.last.flatMap { still.difference(from: $0) }
        // A new size is a new picture.
        if self.last != nil { self.standstill.note(isRepeat: difference?.isRepeat ?? false, at: now) }
        if self.last == nil { self.standstill.begin(at: now) }
        // Its tiles have said what they say.
        self.last = StillPicture(
            width: still.width,
            height: still.height,
            luma: still.luma,
            blue: still.blue,
            red: still.red
        )
        self.decoded += 1
        self.failuresInARow = 0
        self.inspection = PictureInspection(
            at: Instant(microseconds: now),
            decoded: self.decoded,
            meanLuma: figures.meanLuma,
            spread: figures.spread,
            change: difference?.mean,
            isBlack: figures.isBlack,
            isFlat: figures.isFlat,
            standsSince: self.standstill.since.map { Instant(microseconds: $0) },
            movedBefore: self.standstill.movedBefore
        )
    }
}

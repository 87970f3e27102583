/// Scans fragmented MP4 (ISO/IEC 14496-12): walks through the boxes and reads the few that tell times.
package struct FragmentedMP4Scanner: StreamScanner {
    /// A `trun` is read whole; no box that is larger than this is.
    package static let lookahead = 1 << 16
    private static let trackLimit = 16

    private struct Track: Sendable {
        var identifier: UInt32 = 0
        var ticksPerSecond: UInt32 = 0
        var isVideo = false
        var isAudio = false
    }

    /// What a fragment says of one track (`traf`).
    private struct Fragment: Sendable {
        var track: UInt32 = 0
        var defaultDuration: UInt32 = 0
        var start: UInt64?
    }

    private let probing: Bool
    private var tracks: [Track] = []
    private var fragment = Fragment()
    private var fragmentHasVideo = false
    private var remaining: UInt64 = 0
    private var searching = false
    private var finder = StampFinder()

    package init(probing: Bool) {
        self.probing = probing
    }

    package mutating func scan(_ bytes: Span<UInt8>, into progress: inout StreamProgress) throws(ScanError) -> Int {
        var at = 0
        while at < bytes.count {
            if self.remaining > 0 {
                let count = Int(min(self.remaining, UInt64(bytes.count - at)))
                if self.searching { self.finder.search(bytes.extracting(at..<at + count), into: &progress.stamps) }
                self.remaining -= UInt64(count)
                at += count
                continue
            }
            guard let used = try self.open(bytes.extracting(at..<bytes.count), into: &progress) else { break }
            at += used
        }
        return at
    }

    /// Reads a box's header, and the box where it matters. Nil until more of it is there.
    private mutating func open(
        _ bytes: Span<UInt8>,
        into progress: inout StreamProgress
    ) throws(ScanError) -> Int? {
        guard bytes.count >= 8 else { return nil }
        let isLarge = bytes.number32(at: 0) == 1
        let header = isLarge ? 16 : 8
        guard bytes.count >= header else { return nil }
        let size = isLarge ? bytes.number64(at: 8) : UInt64(bytes.number32(at: 0))
        guard size >= header else { throw ScanError("an MP4 box gives an impossible length") }
        self.searching = false
        switch BoxType(rawValue: bytes.number32(at: 4)) {
        case .movie, .media, .track, .movieFragment, .trackFragment:
            self.enter(BoxType(rawValue: bytes.number32(at: 4)))
            return header
        case .mediaData:
            if self.fragmentHasVideo { progress.hasPicture = true }
            self.searching = self.probing && self.fragmentHasVideo
            self.finder.reset()
            self.remaining = size - UInt64(header)
            return header
        case .trackHeader, .mediaHeader, .handler, .fragmentHeader, .decodeTime, .run:
            guard size <= Self.lookahead else { throw ScanError("an MP4 box of \(size) bytes is too large") }
            guard bytes.count >= size else { return nil }
            let type = BoxType(rawValue: bytes.number32(at: 4))
            self.read(type, bytes.extracting(header..<Int(size)), into: &progress)
            return Int(size)
        default:
            self.remaining = size - UInt64(header)
            return header
        }
    }

    private mutating func enter(_ type: BoxType) {
        switch type {
        case .track: if self.tracks.count < Self.trackLimit { self.tracks.append(Track()) }
        case .movie: self.tracks = []
        case .movieFragment: self.fragmentHasVideo = false
        case .trackFragment: self.fragment = Fragment()
        default: break
        }
    }

    private mutating func read(_ type: BoxType, _ body: Span<UInt8>, into progress: inout StreamProgress) {
        guard body.count >= 8 else { return }
        let isLong = body[0] == 1
        let last = self.tracks.count - 1
        switch type {
        case .trackHeader where last >= 0 && body.count >= 24:
            self.tracks[last].identifier = body.number32(at: isLong ? 20 : 12)
        case .mediaHeader where last >= 0 && body.count >= 24:
            self.tracks[last].ticksPerSecond = body.number32(at: isLong ? 20 : 12)
        case .handler where last >= 0 && body.count >= 12:
            self.tracks[last].isVideo = body.number32(at: 8) == 0x7669_6465
            self.tracks[last].isAudio = body.number32(at: 8) == 0x736f_756e
        case .fragmentHeader: self.readFragmentHeader(body)
        case .decodeTime:
            self.fragment.start =
                isLong && body.count >= 12 ? body.number64(at: 4) : UInt64(body.number32(at: 4))
        case .run: self.readRun(body, into: &progress)
        default: break
        }
    }

    /// `tfhd`, section 8.8.7.
    private mutating func readFragmentHeader(_ body: Span<UInt8>) {
        let flags = body.number24(at: 1)
        self.fragment.track = body.number32(at: 4)
        let place = 8 + (flags & 1 != 0 ? 8 : 0) + (flags & 2 != 0 ? 4 : 0)
        guard flags & 8 != 0, body.count >= place + 4 else { return }
        self.fragment.defaultDuration = body.number32(at: place)
    }

    /// `trun`, section 8.8.8.
    private mutating func readRun(_ body: Span<UInt8>, into progress: inout StreamProgress) {
        guard let start = self.fragment.start,
            let track = self.tracks.first(where: { $0.identifier == self.fragment.track }), track.ticksPerSecond > 0
        else { return }
        let flags = body.number24(at: 1)
        let samples = Int(body.number32(at: 4))
        var ticks = UInt64(samples) * UInt64(self.fragment.defaultDuration)
        if flags & 0x100 != 0 {
            let first = 8 + (flags & 1 != 0 ? 4 : 0) + (flags & 4 != 0 ? 4 : 0)
            let stride = (flags >> 8 & 15).nonzeroBitCount * 4
            guard samples <= (body.count - first) / stride else { return }
            ticks = (0..<samples).reduce(0) { $0 + UInt64(body.number32(at: first + $1 * stride)) }
        }
        let rate = Int64(track.ticksPerSecond)
        let time = TrackTime(ticks: start, ticksPerSecond: rate, bits: 64)
        let duration = Int64(clamping: ticks.multipliedFullWidth(by: 1_000_000).low / UInt64(rate))
        if track.isVideo {
            self.fragmentHasVideo = true
            progress.noteVideo(time, duration: duration, isKeyframe: false)
        } else if track.isAudio {
            progress.noteAudio(time, duration: duration)
        }
        self.fragment.start = start &+ ticks
    }
}

/// The boxes a scanner enters or reads, by their four characters.
private struct BoxType: RawRepresentable, Hashable {
    let rawValue: UInt32

    static let movie = BoxType(rawValue: 0x6d6f_6f76)
    static let track = BoxType(rawValue: 0x7472_616b)
    static let trackHeader = BoxType(rawValue: 0x746b_6864)
    static let media = BoxType(rawValue: 0x6d64_6961)
    static let mediaHeader = BoxType(rawValue: 0x6d64_6864)
    static let handler = BoxType(rawValue: 0x6864_6c72)
    static let movieFragment = BoxType(rawValue: 0x6d6f_6f66)
    static let trackFragment = BoxType(rawValue: 0x7472_6166)
    static let fragmentHeader = BoxType(rawValue: 0x7466_6864)
    static let decodeTime = BoxType(rawValue: 0x7466_6474)
    static let run = BoxType(rawValue: 0x7472_756e)
    static let mediaData = BoxType(rawValue: 0x6d64_6174)
}

/// Scans an FLV stream (FLV 10.1 annex E): reads the headers of tags and passes over their bodies.
package struct FLVScanner: StreamScanner {
    /// A tag's header and the first two bytes of its body.
    package static let lookahead = 13

    private let probing: Bool
    private var hasHeader = false
    /// Bytes of the tag's body, and of the size that follows it, still to come.
    private var remaining = 0
    /// Bytes in which the stamp of a picture is searched for.
    private var searched = 0
    private var finder = StampFinder()

    package init(probing: Bool) {
        self.probing = probing
    }

    package mutating func scan(_ bytes: Span<UInt8>, into progress: inout StreamProgress) throws(ScanError) -> Int {
        var at = 0
        while at < bytes.count {
            if self.remaining > 0 {
                let count = min(self.remaining, bytes.count - at)
                if self.searched > 0 {
                    let part = min(self.searched, count)
                    self.finder.search(bytes.extracting(at..<at + part), into: &progress.stamps)
                    self.searched -= part
                }
                self.remaining -= count
                at += count
            } else if !self.hasHeader {
                guard bytes.count - at >= 13 else { break }
                guard bytes.number24(at: at) == 0x46_4c56 else { throw ScanError("the answer is no FLV stream") }
                self.remaining = Int(bytes.number32(at: at + 5)) - 9 + 4
                guard self.remaining >= 4 else { throw ScanError("the FLV header gives an impossible length") }
                self.hasHeader = true
                at += 9
            } else {
                guard bytes.count - at >= Self.lookahead else { break }
                self.begin(bytes.extracting(at..<at + Self.lookahead), into: &progress)
                at += 11
            }
        }
        return at
    }

    private mutating func begin(_ head: Span<UInt8>, into progress: inout StreamProgress) {
        let size = Int(head.number24(at: 1))
        let time = TrackTime.milliseconds(head.number24(at: 4) | UInt32(head[7]) << 24)
        self.remaining = size + 4
        self.searched = 0
        guard size >= 2 else { return }
        switch head[0] & 31 {
        case 9:
            guard case .frame(let isKeyframe) = FLVFrame.video(head[11], head[12]) else { return }
            progress.noteVideo(time, isKeyframe: isKeyframe)
            guard self.probing else { return }
            self.searched = min(size, LatencyStamp.searchLimit)
            self.finder.reset()
        case 8:
            if FLVFrame.audio(head[11], head[12]) != .other { progress.noteAudio(time) }
        default: break
        }
    }
}

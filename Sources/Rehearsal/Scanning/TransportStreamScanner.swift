/// Scans an MPEG transport stream (ITU-T H.222.0): packet headers, and the headers of the PES packets in them.
package struct TransportStreamScanner: StreamScanner {
    package static let lookahead = 187
    private static let packetSize = 188

    private struct Elementary: Sendable {
        /// No packet identifier is larger than 0x1fff.
        var identifier: UInt32 = .max
        var continuity: UInt8 = 0
        var started = false
    }

    private let probing: Bool
    private var video = Elementary()
    private var audio = Elementary()
    private var searched = 0
    private var finder = StampFinder()

    package init(probing: Bool) {
        self.probing = probing
    }

    package mutating func scan(_ bytes: Span<UInt8>, into progress: inout StreamProgress) throws(ScanError) -> Int {
        var at = 0
        while bytes.count - at >= Self.packetSize {
            guard bytes[at] == 0x47 else { throw ScanError("a transport stream packet does not begin with 0x47") }
            self.read(bytes.extracting(at..<at + Self.packetSize), into: &progress)
            at += Self.packetSize
        }
        return at
    }

    /// transport_packet(), section 2.4.3.2.
    private mutating func read(_ packet: Span<UInt8>, into progress: inout StreamProgress) {
        let identifier = packet.number16(at: 1) & 0x1fff
        let begins = packet[1] & 0x40 != 0
        guard packet[3] & 0x10 != 0 else { return }
        let hasAdaptation = packet[3] & 0x20 != 0
        let start = hasAdaptation ? 5 + Int(packet[4]) : 4
        guard start < Self.packetSize else { return }
        let payload = packet.extracting(start..<Self.packetSize)
        if begins, identifier != self.video.identifier, identifier != self.audio.identifier {
            self.learn(identifier, from: payload)
        }
        let continuity = packet[3] & 15
        if identifier == self.video.identifier {
            if Self.isBroken(&self.video, continuity) { progress.video.noteLoss() }
            if begins, let time = Self.time(payload) {
                let isRandomAccess = hasAdaptation && packet[4] > 0 && packet[5] & 0x40 != 0
                progress.noteVideo(time, isKeyframe: isRandomAccess)
                self.searched = self.probing ? LatencyStamp.searchLimit : 0
                self.finder.reset()
            }
            if self.searched > 0 {
                self.finder.search(payload, into: &progress.stamps)
                self.searched -= payload.count
            }
        } else if identifier == self.audio.identifier {
            if Self.isBroken(&self.audio, continuity) { progress.audio.noteLoss() }
            if begins, let time = Self.time(payload) { progress.noteAudio(time) }
        }
    }

    /// The first video and the first audio stream are followed; which they are, their PES headers tell (table 2-22).
    private mutating func learn(_ identifier: UInt32, from payload: Span<UInt8>) {
        guard payload.count >= 4, payload.number24(at: 0) == 1 else { return }
        switch payload[3] {
        case 0xe0...0xef where self.video.identifier == .max: self.video.identifier = identifier
        case 0xc0...0xdf where self.audio.identifier == .max: self.audio.identifier = identifier
        case 0xbd where self.audio.identifier == .max: self.audio.identifier = identifier
        default: break
        }
    }

    /// continuity_counter, section 2.4.3.3; one repetition of a packet is allowed.
    private static func isBroken(_ stream: inout Elementary, _ continuity: UInt8) -> Bool {
        defer {
            stream.continuity = continuity
            stream.started = true
        }
        return stream.started && continuity != (stream.continuity + 1) & 15 && continuity != stream.continuity
    }

    /// Decoding time in a PES header, section 2.4.3.6; presentation time where both are the same.
    private static func time(_ payload: Span<UInt8>) -> TrackTime? {
        guard payload.count >= 14, payload.number24(at: 0) == 1 else { return nil }
        let place: Int
        switch payload[7] >> 6 {
        case 2: place = 9
        case 3 where payload.count >= 19: place = 14
        default: return nil
        }
        let high = UInt64(payload[place] >> 1 & 7) << 30
        let middle = UInt64(payload.number16(at: place + 1) >> 1) << 15
        let low = UInt64(payload.number16(at: place + 3) >> 1)
        return TrackTime(ticks: high | middle | low, ticksPerSecond: 90_000, bits: 33)
    }
}

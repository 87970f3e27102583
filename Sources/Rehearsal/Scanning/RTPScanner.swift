internal import Wire

/// Follows one track in its RTP packets (RFC 3550 section 5.1).
struct RTPScanner: Sendable {
    private enum Coding { case h264, h265, other }

    let payloadType: UInt8
    private let isVideo: Bool
    private let rate: Int64
    private let coding: Coding
    private let probing: Bool
    private var sequence: UInt16?
    private var newest: UInt32?
    /// Bytes of this picture in which its stamp may still be.
    private var searched = 0
    private var finder = StampFinder()

    private static let headerSize = 12

    init(_ encoding: RTPEncoding, isVideo: Bool, probing: Bool) {
        self.payloadType = encoding.payloadType
        self.isVideo = isVideo
        self.rate = Int64(encoding.clockRate)
        self.coding = encoding.isNamed("H264") ? .h264 : encoding.isNamed("H265") ? .h265 : .other
        self.probing = probing && isVideo
    }

    static func payloadType(of packet: Span<UInt8>) -> UInt8? {
        packet.count >= Self.headerSize && packet[0] >> 6 == 2 ? packet[1] & 0x7f : nil
    }

    mutating func scan(_ packet: Span<UInt8>, into progress: inout StreamProgress) {
        let sequence = UInt16(truncatingIfNeeded: packet.number16(at: 2))
        if let last = self.sequence, sequence != last &+ 1 { self.noteLoss(in: &progress) }
        self.sequence = sequence
        let start = Self.payloadStart(of: packet)
        guard start < packet.count else { return }
        let payload = packet.extracting(start..<packet.count)
        self.note(packet.number32(at: 4), in: &progress)
        guard self.isVideo else { return }
        if !progress.hasPicture, self.beginsKeyframe(payload) { progress.hasPicture = true }
        if self.searched > 0 {
            self.finder.search(payload, into: &progress.stamps)
            self.searched -= payload.count
        }
    }

    private func noteLoss(in progress: inout StreamProgress) {
        if self.isVideo { progress.video.noteLoss() } else { progress.audio.noteLoss() }
    }

    /// Times are of presentation: what is shown before what came before it says nothing of gaps.
    private mutating func note(_ timestamp: UInt32, in progress: inout StreamProgress) {
        if let newest = self.newest {
            guard timestamp != newest else { return }
            self.searched = self.probing ? LatencyStamp.searchLimit : 0
            self.finder.reset()
            guard Int32(bitPattern: timestamp &- newest) > 0 else { return }
        } else {
            self.searched = self.probing ? LatencyStamp.searchLimit : 0
        }
        self.newest = timestamp
        let time = TrackTime(ticks: UInt64(timestamp), ticksPerSecond: self.rate, bits: 32)
        if self.isVideo { progress.noteVideo(time, isKeyframe: false) } else { progress.noteAudio(time) }
    }

    /// Where what comes after headers begins; behind the packet's end where they do not add up.
    private static func payloadStart(of packet: Span<UInt8>) -> Int {
        let start = Self.headerSize + 4 * Int(packet[0] & 15)
        guard packet[0] & 0x10 != 0 else { return start }
        guard packet.count >= start + 4 else { return packet.count }
        return start + 4 + 4 * Int(packet.number16(at: start + 2))
    }

    /// Parameter sets, or a picture that a decoder can start at: RFC 6184 section 5.2, RFC 7798 section 4.4. Of other
    /// codings any picture will do.
    private func beginsKeyframe(_ payload: Span<UInt8>) -> Bool {
        switch self.coding {
        case .other: return true
        case .h264:
            var type = payload[0] & 31
            if type == 24, payload.count > 3 { type = payload[3] & 31 }
            if type == 28, payload.count > 1 { type = payload[1] & 31 }
            return [5, 7, 8].contains(type)
        case .h265:
            var type = payload[0] >> 1 & 63
            if type == 48, payload.count > 4 { type = payload[4] >> 1 & 63 }
            if type == 49, payload.count > 2 { type = payload[2] & 63 }
            return (16...21).contains(type) || (32...34).contains(type)
        }
    }
}

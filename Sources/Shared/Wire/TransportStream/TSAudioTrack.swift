import Media
import NIOCore

/// Cuts the bytes of one audio track into frames and gives each its time.
struct TSAudioTrack: Sendable {
    private let id: TrackID
    var framing: TSAudioFraming
    /// A frame that began in an earlier unit.
    var rest = ByteBuffer()
    var configuration: CodecConfiguration?
    /// Time of the next frame: µs of the last unit with a time, and samples since.
    var base: Int64?
    var samples: Int64 = 0
    var malformed: UInt64 = 0

    /// Bytes of a frame that is begun: ADTS and LATM count theirs in 13 bits, and an access unit of Enhanced AC-3 has up to
    /// nine frames of 4096 (ETSI TS 102 366 section E.1.2.2).
    static let frameLimit = 9 * 4096

    init?(_ id: TrackID, _ coding: TSCoding) {
        guard let framing = TSAudioFraming(coding) else { return nil }
        self.id = id
        self.framing = framing
    }

    /// What follows does not continue the frame that is begun.
    mutating func breakOff() {
        self.rest = ByteBuffer()
    }

    /// - Parameters:
    ///   - payload: what one unit carries.
    ///   - time: of the first frame that begins in it, µs; nil where it has none.
    /// - Returns: the frames that end in it.
    mutating func take(_ payload: ByteBuffer, time: Int64?) -> [SourceEvent] {
        var bytes = self.rest
        let begun = bytes.readableBytes
        if begun == 0 { bytes = payload } else { bytes.writeImmutableBuffer(payload) }
        let whole = bytes.readableBytes
        var pending = time
        var events: [SourceEvent] = []
        while bytes.readableBytes > 0 {
            if whole - bytes.readableBytes >= begun, let time = pending.take() {
                self.base = time
                self.samples = 0
            }
            switch self.framing.next(from: &bytes) {
            case .frames(let frames): for frame in frames { self.emit(frame, &events) }
            case .skipped: self.malformed += 1
            case .incomplete:
                guard bytes.readableBytes <= Self.frameLimit else {
                    self.malformed += 1
                    self.rest = ByteBuffer()
                    return events
                }
                self.rest = ByteBuffer(bytes: bytes.readableBytesView)
                return events
            }
        }
        self.rest = ByteBuffer()
        return events
    }

    private mutating func emit(_ frame: AudioFrame, _ events: inout [SourceEvent]) {
        if let configuration = frame.configuration, configuration != self.configuration {
            self.configuration = configuration
            events.append(.configuration(self.id, configuration))
        }
        // Before the first time there is none to count from.
        guard let base = self.base, self.configuration != nil else { return }
        let rate = Int64(max(frame.rate, 1))
        events.append(
            .packet(
                SourcePacket(
                    track: self.id,
                    timestamp: base &+ self.samples * 1_000_000 / rate,
                    isKeyframe: true,
                    payload: frame.payload
                )
            )
        )
        self.samples += Int64(frame.samples)
    }
}

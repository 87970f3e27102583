import Media
import NIOCore

/// What the formats of VP8, VP9 and AV1 have in common: frames in pieces, one after the other, with one timestamp each.
struct FrameDepacketizer<Format: FrameFormat>: RTPDepacketizer {
    private var format: Format
    private(set) var configuration: CodecConfiguration?

    private var timestamp: UInt32?
    private var bytes = ByteBuffer()
    private var isDamaged = false
    private var isAfterLoss = false

    init(_ format: Format) {
        self.format = format
    }

    var standing: RTPDepacketizerStanding? {
        guard self.timestamp == nil else { return nil }
        return RTPDepacketizerStanding(configuration: self.configuration, isAfterLoss: self.isAfterLoss)
    }

    mutating func resume(_ standing: RTPDepacketizerStanding) {
        self.configuration = standing.configuration
        self.isAfterLoss = standing.isAfterLoss
    }

    mutating func lose(into output: inout RTPDepacketizerOutput) {
        self.isAfterLoss = true
        if self.timestamp != nil { self.isDamaged = true }
    }

    mutating func receive(_ packet: RTPPacket, into output: inout RTPDepacketizerOutput) {
        guard packet.payload.readableBytes > 0 else { return }
        // Without a marker a frame ends where the next begins.
        if let timestamp = self.timestamp, timestamp != packet.timestamp { self.end(&output) }
        guard let piece = Format.Piece(packet.payload) else {
            output.malformed += 1
            self.timestamp = packet.timestamp
            self.isDamaged = true
            if packet.marker { self.end(&output) }
            return
        }
        if self.timestamp == nil {
            self.timestamp = packet.timestamp
            self.isDamaged = self.isAfterLoss ? !piece.isFirst : !piece.startsUnit
            self.format.begin()
        } else if self.isAfterLoss {
            self.isDamaged = true
        }
        self.isAfterLoss = false
        if !self.isDamaged {
            self.isDamaged =
                !self.format.append(piece, to: &self.bytes)
                || self.bytes.readableBytes > RTPLimits.accessUnitBytes
        }
        if packet.marker { self.end(&output) }
    }

    private mutating func end(_ output: inout RTPDepacketizerOutput) {
        guard let timestamp = self.timestamp else { return }
        self.timestamp = nil
        let bytes = self.bytes
        self.bytes = ByteBuffer()
        guard !self.isDamaged, self.format.isWhole, bytes.readableBytes > 0 else {
            output.damaged += 1
            return
        }
        var unit = RTPAccessUnit(timestamp: timestamp, payload: bytes, isKeyframe: false)
        do throws(CodecError) {
            let picture = try CodedPicture(bytes, of: Format.codec)
            unit.payload = picture.payload
            unit.isKeyframe = picture.isKeyframe
            if picture.isKeyframe, let found = try CodecConfiguration(accessUnit: picture.payload, of: Format.codec),
                found != self.configuration
            {
                self.configuration = found
                unit.configuration = found
            }
        } catch {
            output.malformed += 1
            return
        }
        guard self.configuration != nil else {
            output.unconfigured += 1
            return
        }
        output.units.append(unit)
    }
}

/// One payload of a frame, its descriptor read.
protocol FramePiece: Sendable {
    /// Nil if the descriptor is not what the format says.
    init?(_ payload: ByteBuffer)

    /// It goes on with nothing of the payload before.
    var startsUnit: Bool { get }

    /// Nothing of the frame can have come before it.
    var isFirst: Bool { get }
}

protocol FrameFormat: Sendable {
    associatedtype Piece: FramePiece

    static var codec: Codec { get }

    /// A frame begins.
    mutating func begin()

    /// Appends the piece; false if it does not follow the one before.
    mutating func append(_ piece: Piece, to bytes: inout ByteBuffer) -> Bool

    /// The pieces so far make a whole frame.
    var isWhole: Bool { get }
}

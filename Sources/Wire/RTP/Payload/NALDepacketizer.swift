import Media
import NIOCore

/// What H.264 (RFC 6184) and H.265 (RFC 7798) have in common: NAL units, whole or in fragments, of which those with one
/// timestamp make an access unit that the marker ends.
struct NALDepacketizer<Format: NALFormat>: RTPDepacketizer {
    let options: NALFormatOptions
    private(set) var configuration: CodecConfiguration?
    private var maker: NALSampleMaker

    /// The timestamp of the access unit that was begun.
    private var timestamp: UInt32?
    private var isDamaged = false
    /// Packets were missing before the next one.
    private var isAfterLoss = false
    private var fragment: NALSampleMaker.Piece?

    /// The timestamp of the last access unit that a marker ended.
    private var marked: UInt32?
    /// Some cameras set the marker on every slice or parameter set, so that only the timestamp tells access units apart.
    private var distrustsMarker = false

    /// Nil for formats of codings without NAL units.
    init?(_ parameters: FormatParameters) {
        guard let maker = NALSampleMaker(Format.codec) else { return nil }
        self.options = NALFormatOptions(parameters)
        self.maker = maker
        self.configuration = self.maker.learn(Format.parameterSets(parameters))
    }

    mutating func lose(into output: inout RTPDepacketizerOutput) {
        self.isAfterLoss = true
        if self.timestamp != nil { self.isDamaged = true }
        self.fragment = nil
    }

    mutating func receive(_ packet: RTPPacket, into output: inout RTPDepacketizerOutput) {
        // Without a payload a packet keeps a path open and says nothing.
        guard packet.payload.readableBytes > 0 else { return }
        if let timestamp = self.timestamp, timestamp != packet.timestamp { self.end(&output) }
        if self.timestamp == nil {
            if self.marked == packet.timestamp, !self.isAfterLoss { self.distrustsMarker = true }
            self.timestamp = packet.timestamp
            self.isDamaged = self.isAfterLoss && !Format.startsAccessUnit(packet.payload, self.options)
            self.isAfterLoss = false
        } else if self.isAfterLoss {
            self.isAfterLoss = false
            self.isDamaged = true
        }
        if !self.isDamaged {
            if self.read(packet.payload) {
                if self.maker.length > RTPLimits.accessUnitBytes { self.spoil() }
            } else {
                output.malformed += 1
                self.spoil()
            }
        }
        if packet.marker, !self.distrustsMarker {
            self.marked = packet.timestamp
            self.end(&output)
        }
    }

    private mutating func spoil() {
        self.isDamaged = true
        self.fragment = nil
        self.maker.discard()
    }

    private mutating func end(_ output: inout RTPDepacketizerOutput) {
        guard let timestamp = self.timestamp else { return }
        self.timestamp = nil
        if self.fragment != nil { self.isDamaged = true }
        self.fragment = nil
        guard !self.isDamaged else {
            output.damaged += 1
            self.maker.discard()
            return
        }
        let hadPicture = self.maker.hasPicture
        guard let sample = self.maker.finish() else {
            if hadPicture { output.unconfigured += 1 }
            return
        }
        if let change = sample.configuration { self.configuration = change }
        output.units.append(
            RTPAccessUnit(
                timestamp: timestamp,
                payload: sample.payload,
                isKeyframe: sample.isKeyframe,
                configuration: sample.configuration
            )
        )
    }

    /// False if the payload is not what the format says.
    private mutating func read(_ payload: ByteBuffer) -> Bool {
        guard let content = Format.content(payload, self.options) else { return false }
        switch content {
        case .unit(let unit):
            guard self.fragment == nil else { return false }
            self.maker.append(unit)
        case .units(let units):
            guard self.fragment == nil else { return false }
            for unit in units { self.maker.append(unit) }
        case .fragment(let header, let bytes, let isFirst, let isLast):
            if isFirst {
                guard self.fragment == nil else { return false }
                self.fragment = self.maker.begin(header)
            }
            guard var fragment = self.fragment.take() else { return false }
            self.maker.append(bytes, to: &fragment)
            if isLast {
                self.maker.end(fragment)
            } else {
                self.fragment = fragment
            }
        case .nothing:
            break
        }
        return true
    }
}

/// What a payload of NAL units is.
enum NALContent {
    case unit(ByteBuffer)
    case units([ByteBuffer])
    /// A part of a unit whose header is given.
    case fragment(header: ByteBuffer, ByteBuffer, isFirst: Bool, isLast: Bool)
    /// Types that receivers have to pass over.
    case nothing
}

protocol NALFormat: Sendable {
    static var codec: Codec { get }

    /// Nil if it cannot be read.
    static func content(_ payload: ByteBuffer, _ options: NALFormatOptions) -> NALContent?

    /// Whether no packet of the same access unit can have come before this one, for all that matters to a decoder.
    static func startsAccessUnit(_ payload: ByteBuffer, _ options: NALFormatOptions) -> Bool

    /// Those of the session description.
    static func parameterSets(_ parameters: FormatParameters) -> [ByteBuffer]
}

struct NALFormatOptions: Sendable {
    /// Decoding order numbers are in H.265 payloads: RFC 7798 section 4.4.
    var hasOrderNumbers: Bool

    init(_ parameters: FormatParameters) {
        self.hasOrderNumbers = (parameters.number("sprop-max-don-diff") ?? 0) > 0
    }

    /// Units taken out of one packet: a datagram of empty ones must not cost more than others.
    static let unitLimit = 256
}

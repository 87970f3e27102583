import Media
import NIOCore

/// What H.264 (RFC 6184) and H.265 (RFC 7798) have in common: NAL units, whole or in fragments.
///
/// Where access units begin is what the NAL units say. A marker tells that one ends before the next begins, so that it need
/// not wait for that; a timestamp tells when the next one is shown, and after a loss where it begins.
struct NALDepacketizer<Format: NALFormat>: RTPDepacketizer {
    let options: NALFormatOptions
    private(set) var configuration: CodecConfiguration?
    private var maker: NALSampleMaker

    /// The timestamp of what was begun.
    private var timestamp: UInt32?
    /// The last one that was told to the maker.
    private var noted: UInt32?
    private var isDamaged = false
    /// Packets were missing before the next one.
    private var isAfterLoss = false
    private var fragment: NALSampleMaker.Piece?

    /// Some cameras set the marker on every slice or parameter set, so that only the next picture ends one.
    private var distrustsMarker = false

    /// Nil for formats of codings without NAL units.
    init?(_ parameters: FormatParameters) {
        guard let maker = NALSampleMaker(Format.codec) else { return nil }
        self.options = NALFormatOptions(parameters)
        self.maker = maker
        self.configuration = self.maker.learn(Format.parameterSets(parameters))
    }

    var standing: RTPDepacketizerStanding? {
        guard self.timestamp == nil, self.fragment == nil, !self.isDamaged, let maker = self.maker.standing else {
            return nil
        }
        return RTPDepacketizerStanding(
            configuration: self.configuration,
            isAfterLoss: self.isAfterLoss,
            maker: maker,
            noted: self.noted,
            distrustsMarker: self.distrustsMarker
        )
    }

    mutating func resume(_ standing: RTPDepacketizerStanding) {
        if let maker = standing.maker { self.maker.resume(maker) }
        self.configuration = standing.configuration
        self.isAfterLoss = standing.isAfterLoss
        self.noted = standing.noted
        self.distrustsMarker = standing.distrustsMarker
    }

    mutating func lose(into output: inout RTPDepacketizerOutput) {
        self.isAfterLoss = true
        if self.timestamp != nil { self.isDamaged = true }
        self.fragment = nil
    }

    mutating func receive(_ packet: RTPPacket, into output: inout RTPDepacketizerOutput) {
        // Without a payload a packet keeps a path open and says nothing.
        guard packet.payload.readableBytes > 0 else { return }
        if self.isDamaged, let timestamp = self.timestamp, timestamp != packet.timestamp { self.end(&output) }
        if self.timestamp == nil {
            self.isDamaged = self.isAfterLoss && !Format.startsAccessUnit(packet.payload, self.options)
            if self.isAfterLoss { self.maker.discard() }
        } else if self.isAfterLoss {
            self.isDamaged = true
        }
        self.isAfterLoss = false
        self.timestamp = packet.timestamp
        if !self.isDamaged {
            if self.noted != packet.timestamp {
                self.noted = packet.timestamp
                self.maker.note(NALSampleMaker.Stamp(time: Int64(packet.timestamp)))
            }
            let continuations = self.maker.continuations
            if self.read(packet.payload, &output) {
                let length = self.maker.length + (self.fragment?.lengthApart ?? 0)
                if length > RTPLimits.accessUnitBytes { self.spoil() }
            } else {
                output.malformed += 1
                self.spoil()
            }
            // What seemed to end with a marker went on.
            if self.maker.continuations > continuations { self.distrustsMarker = true }
        }
        if packet.marker, !self.distrustsMarker {
            self.end(&output)
        } else {
            self.drain(&output)
        }
    }

    private mutating func spoil() {
        self.isDamaged = true
        self.fragment = nil
        self.maker.discard()
    }

    /// Ends what was begun, by a marker or by another timestamp behind a loss.
    private mutating func end(_ output: inout RTPDepacketizerOutput) {
        guard self.timestamp != nil else { return }
        self.timestamp = nil
        guard !self.isDamaged else {
            self.isDamaged = false
            self.fragment = nil
            // What was whole before the damaged one is.
            self.drain(&output)
            output.damaged += 1
            self.maker.discard()
            self.noted = nil
            return
        }
        self.endFragment()
        self.maker.finish()
        self.drain(&output)
    }

    private mutating func drain(_ output: inout RTPDepacketizerOutput) {
        let unconfigured = self.maker.takeUnconfigured()
        output.unconfigured += unconfigured
        while let sample = self.maker.next() {
            if let change = sample.configuration { self.configuration = change }
            output.units.append(
                RTPAccessUnit(
                    timestamp: sample.stamp.map { UInt32(truncatingIfNeeded: $0.time) },
                    payload: sample.payload,
                    isKeyframe: sample.isKeyframe,
                    configuration: sample.configuration,
                    order: sample.order
                )
            )
        }
    }

    /// A unit whose last fragment does not say that it is: no packet is missing, so nothing of it is.
    private mutating func endFragment() {
        if let fragment = self.fragment.take() { self.maker.end(fragment) }
    }

    /// False if the payload is not what the format says.
    private mutating func read(_ payload: ByteBuffer, _ output: inout RTPDepacketizerOutput) -> Bool {
        guard let content = Format.content(payload, self.options) else { return false }
        switch content {
        case .unit(let unit):
            self.endFragment()
            self.maker.append(unit)
        case .units(let units, let left):
            self.endFragment()
            for unit in units { self.maker.append(unit) }
            guard let left else { return true }
            output.leftovers += 1
            // Half a slice makes half a picture.
            return !Format.isPicture(left)
        case .fragment(let header, let bytes, let isFirst, let isLast):
            if isFirst {
                self.endFragment()
                self.fragment = self.maker.begin(header, bytes)
            } else {
                guard var fragment = self.fragment.take() else { return false }
                self.maker.append(bytes, to: &fragment)
                self.fragment = fragment
            }
            if isLast { self.endFragment() }
        case .nothing:
            break
        }
        return true
    }
}

/// What a payload of NAL units is.
enum NALContent {
    case unit(ByteBuffer)
    /// Several, and what stands behind them that is none, or not all of one.
    case units([ByteBuffer], left: ByteBuffer?)
    /// A part of a unit whose header is given.
    case fragment(header: ByteBuffer, ByteBuffer, isFirst: Bool, isLast: Bool)
    /// Types that receivers have to pass over.
    case nothing

    /// The units of an aggregation packet; nil if not even one is whole.
    ///
    /// Senders were seen that leave some bytes behind the last unit.
    ///
    /// `skip` is how many bytes of order number stand before the first unit; before each of the others stands one byte then.
    init?(aggregated rest: inout ByteBuffer, skip: Int) {
        var units: [ByteBuffer] = []
        var count = 0
        while rest.readableBytes > 0 {
            let order = count == 0 || skip == 0 ? skip : 1
            let length = rest.getInteger(at: rest.readerIndex + order, as: UInt16.self).map(Int.init)
            let start = rest.readerIndex + order + 2
            guard count < NALFormatOptions.unitLimit, let length,
                let unit = rest.getSlice(at: start, length: length)
            else {
                guard !units.isEmpty else { return nil }
                // What was announced of the next unit; behind a zero byte or two there is none.
                let left = rest.getSlice(at: start, length: max(0, rest.writerIndex - start)) ?? ByteBuffer()
                self = .units(units, left: left)
                return
            }
            rest.moveReaderIndex(to: start + length)
            count += 1
            if length > 0 { units.append(unit) }
        }
        self = .units(units, left: nil)
    }
}

protocol NALFormat: Sendable {
    static var codec: Codec { get }

    /// Nil if it cannot be read.
    static func content(_ payload: ByteBuffer, _ options: NALFormatOptions) -> NALContent?

    /// Whether no packet of the same access unit can have come before this one, for all that matters to a decoder.
    static func startsAccessUnit(_ payload: ByteBuffer, _ options: NALFormatOptions) -> Bool

    /// Whether the NAL unit is a slice or a part of one.
    static func isPicture(_ unit: ByteBuffer) -> Bool

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

import Media
import NIOCore

/// AAC as MP4A-LATM by RFC 6416 section 6 (and RFC 3016 before it): one audioMuxElement in one or several packets.
struct LATMDepacketizer: RTPDepacketizer {
    private(set) var configuration: CodecConfiguration?
    private var reader: LATMReader
    private let rate: Int
    private let isInBand: Bool

    private var timestamp: UInt32?
    private var bytes = ByteBuffer()
    private var isAfterLoss = false
    private var isDamaged = false

    private static let elementLimit = 1 << 18

    init(_ encoding: RTPEncoding) {
        self.rate = encoding.clockRate
        // Whether elements say how they are made; else the description does.
        self.isInBand = encoding.parameters.number("cpresent") != 0
        self.reader = LATMReader(isInBand: self.isInBand)
        guard var config = encoding.parameters["config"].flatMap({ ByteBuffer(hexadecimal: $0) }) else { return }
        // GStreamer ends it behind the channels; all that is missing is zero.
        config.writeInteger(UInt32(0))
        self.reader.configure(config)
        self.configuration = self.reader.mux?.configuration
    }

    /// Nil also where elements say themselves how they are made, which may have been said in one of them alone.
    var standing: RTPDepacketizerStanding? {
        guard self.timestamp == nil, !self.isInBand else { return nil }
        return RTPDepacketizerStanding(configuration: self.configuration, isAfterLoss: self.isAfterLoss)
    }

    mutating func resume(_ standing: RTPDepacketizerStanding) {
        self.configuration = standing.configuration
        self.isAfterLoss = standing.isAfterLoss
    }

    mutating func lose(into output: inout RTPDepacketizerOutput) {
        if self.timestamp != nil { self.isDamaged = true }
        self.isAfterLoss = true
    }

    mutating func receive(_ packet: RTPPacket, into output: inout RTPDepacketizerOutput) {
        guard packet.payload.readableBytes > 0 else { return }
        if let timestamp = self.timestamp, timestamp != packet.timestamp { self.end(&output) }
        if self.timestamp == nil {
            self.timestamp = packet.timestamp
            self.isDamaged = false
        }
        self.bytes.writeImmutableBuffer(packet.payload)
        if self.bytes.readableBytes > Self.elementLimit {
            self.isDamaged = true
            self.bytes.clear()
        }
        if packet.marker { self.end(&output) }
    }

    private mutating func end(_ output: inout RTPDepacketizerOutput) {
        guard let timestamp = self.timestamp.take() else { return }
        let bytes = self.bytes
        let isAfterLoss = self.isAfterLoss
        self.bytes = ByteBuffer()
        self.isAfterLoss = false
        guard !self.isDamaged else {
            output.damaged += 1
            return
        }
        do throws(CodecError) {
            try self.read(bytes, timestamp, &output)
        } catch {
            // After a loss it may be the end of an element whose beginning is missing.
            if isAfterLoss {
                output.damaged += 1
            } else {
                output.malformed += 1
            }
        }
    }

    private mutating func read(
        _ bytes: ByteBuffer,
        _ timestamp: UInt32,
        _ output: inout RTPDepacketizerOutput
    ) throws(CodecError) {
        let payloads = try self.reader.read(bytes)
        guard let mux = self.reader.mux else {
            output.unconfigured += 1
            return
        }
        var units: [RTPAccessUnit] = []
        var time = timestamp
        for payload in payloads {
            if payload.readableBytes > 0 { units.append(RTPAccessUnit(timestamp: time, payload: payload)) }
            time &+= UInt32(truncatingIfNeeded: mux.frameLength * self.rate / max(1, mux.coreSampleRate))
        }
        if mux.configuration != self.configuration, !units.isEmpty {
            self.configuration = mux.configuration
            units[0].configuration = mux.configuration
        }
        output.units.append(contentsOf: units)
    }
}

import NIOCore
import Wire

/// Plays by RTSP over one connection (RFC 2326 section 10.12): each packet comes once, in order and of the same source, and what it
/// asks meanwhile is answered in order.
struct RTSPUnitReader: UnitReader {
    private struct Line: Sendable {
        let track: AccessUnit.Track
        /// Ticks in a ms.
        let rate: Double
        let control: String
        var sequence: UInt16?
        var source: Int?
        /// The newest time as the packets have it, and without wraps.
        var stamp: UInt32 = 0
        var ticks: Int64 = 0
        /// NAL units of the picture that is not known to be whole, and the one that comes in fragments.
        var units: [[UInt8]] = []
        var fragments: [UInt8]?
    }

    /// Packets with the end of a picture between two questions: servers forget who says nothing for a minute.
    private static let questionInterval = 500

    private let uri: String
    private var decoder = RTSPMessageDecoder()
    private var unread = ByteBuffer()
    private var lines: [Line] = []
    private var session: String?
    private var asked = 0
    private var answered = 0
    private var pictures = 0
    private var outgoing: [UInt8] = []

    init(_ server: String, _ relay: String) {
        self.uri = "rtsp://\(server)/\(relay)/main"
        self.ask(.describe, self.uri, [.init("Accept", "application/sdp")])
    }

    var opening: [UInt8] { self.outgoing }

    mutating func read(_ bytes: [UInt8]) throws -> (units: [AccessUnit], answer: [UInt8]) {
        self.outgoing = []
        self.unread.writeBytes(bytes)
        var units: [AccessUnit] = []
        while let message = try self.decoder.next(from: &self.unread) {
            switch message {
            case .interleaved(let frame):
                let payload = Array(frame.payload.readableBytesView)
                guard let line = Int(exactly: frame.channel / 2), line < self.lines.count else {
                    throw UnitError("a frame on channel \(frame.channel)")
                }
                if frame.channel % 2 == 0 {
                    if let unit = try self.take(payload, of: line) { units.append(unit) }
                } else if !RTCPPacket.read(frame.payload).isWellFormed {
                    throw UnitError("a damaged report")
                }
            case .response(let response): try self.take(response)
            case .request: throw UnitError("the server asked for something")
            }
        }
        guard self.decoder.strayBytes == 0 else { throw UnitError("\(self.decoder.strayBytes) bytes of no message") }
        self.unread.discardReadBytes()
        return (units, self.outgoing)
    }

    // MARK: Messages

    private mutating func ask(_ method: RTSPMethod, _ uri: String, _ fields: [RTSPHeaders.Field] = []) {
        self.asked += 1
        var fields = [.init("CSeq", "\(self.asked)")] + fields
        if let session = self.session { fields.append(.init("Session", session)) }
        var bytes = ByteBuffer()
        RTSPMessageEncoder.write(RTSPRequest(method, uri, headers: RTSPHeaders(fields)), into: &bytes)
        self.outgoing += bytes.readableBytesView
    }

    private mutating func take(_ response: RTSPResponse) throws {
        self.answered += 1
        guard response.status == .ok, response.headers["CSeq"] == "\(self.answered)" else {
            throw UnitError("question \(self.answered) was answered with \(response.status), \(response.headers)")
        }
        if self.lines.isEmpty {
            let base = response.headers["Content-Base"] ?? self.uri
            for medium in try SessionDescription(parsing: String(buffer: response.body)).media {
                let control = medium.control ?? ""
                let isPicture = medium.kind == "video"
                self.lines.append(
                    Line(
                        track: isPicture ? .picture : .sound,
                        rate: isPicture ? 90 : 48,
                        control: control.contains("://")
                            ? control : base.hasSuffix("/") ? base + control : "\(base)/\(control)"
                    )
                )
            }
        }
        self.session = response.headers["Session"]?.split(separator: ";").first.map(String.init) ?? self.session
        let next = self.answered - 1
        if next < self.lines.count {
            let transport = "RTP/AVP/TCP;unicast;interleaved=\(2 * next)-\(2 * next + 1)"
            self.ask(.setup, self.lines[next].control, [.init("Transport", transport)])
        } else if next == self.lines.count {
            self.ask(.play, self.uri)
        }
    }

    // MARK: Packets

    private mutating func take(_ packet: [UInt8], of number: Int) throws(UnitError) -> AccessUnit? {
        let unit = try Self.take(packet, &self.lines[number])
        guard unit?.track == .picture else { return unit }
        self.pictures += 1
        if self.pictures % Self.questionInterval == 0 { self.ask(.getParameter, self.uri) }
        return unit
    }

    private static func take(_ packet: [UInt8], _ line: inout Line) throws(UnitError) -> AccessUnit? {
        guard packet.count > 12, packet[0] == 0x80 else {
            throw UnitError("no packet begins with \(packet.prefix(12))")
        }
        let sequence = UInt16(packet[2...3].number)
        let source = packet[8...11].number
        if let last = line.sequence {
            guard sequence == last &+ 1 else { throw UnitError("packet \(sequence) comes behind \(last)") }
            guard source == line.source else { throw UnitError("packets of another source") }
        }
        (line.sequence, line.source) = (sequence, source)
        let stamp = UInt32(packet[4...7].number)
        line.ticks += Int64(Int32(bitPattern: stamp &- line.stamp))
        line.stamp = stamp
        let time = Double(line.ticks) / line.rate
        let isLast = packet[1] & 0x80 != 0
        switch line.track {
        case .sound:
            // RFC 3640 section 3.3.6: the length of the headers in bits, one header with the size and an index of zero.
            let size = packet.count - 16
            guard isLast, size > 0, packet[12...13].number == 16, packet[14...15].number == size << 3 else {
                throw UnitError("a frame of sound that is not whole: \(packet.prefix(16))")
            }
            return AccessUnit(track: .sound, bytes: Array(packet[16...]), time: time)
        case .picture:
            try self.collect(packet[12...], &line)
            guard isLast else { return nil }
            guard line.fragments == nil else { throw UnitError("a picture ends in the midst of a unit") }
            defer { line.units = [] }
            return AccessUnit.picture(line.units.map { $0[...] }, time: time)
        }
    }

    /// RFC 6184 sections 5.6 to 5.8: one unit, several, or a fragment.
    private static func collect(_ payload: ArraySlice<UInt8>, _ line: inout Line) throws(UnitError) {
        let first = payload[payload.startIndex]
        guard line.fragments == nil || first & 31 == 28 else { throw UnitError("a unit in the midst of another") }
        switch first & 31 {
        case 1...23: line.units.append(Array(payload))
        case 24:
            var rest = payload.dropFirst()
            while !rest.isEmpty {
                let size = rest.prefix(2).number
                guard size > 0, rest.count >= 2 + size else {
                    throw UnitError("a unit of \(size) of \(rest.count) bytes")
                }
                line.units.append(Array(rest.dropFirst(2).prefix(size)))
                rest = rest.dropFirst(2 + size)
            }
        case 28:
            guard payload.count > 2 else { throw UnitError("a fragment without a byte") }
            let header = payload[payload.startIndex + 1]
            guard (header & 0x80 != 0) == (line.fragments == nil) else { throw UnitError("a fragment of another unit") }
            line.fragments = (line.fragments ?? [first & 0xE0 | header & 31]) + payload.dropFirst(2)
            guard header & 0x40 != 0, let unit = line.fragments else { return }
            line.units.append(unit)
            line.fragments = nil
        default: throw UnitError("a packet of type \(first & 31)")
        }
    }
}

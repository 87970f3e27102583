internal import NIOCore
internal import Wire

/// Plays a stream by RTSP (RFC 2326): DESCRIBE, SETUP of every track, PLAY, then scanning of its RTP packets, which come
/// between the messages or by datagrams.
package struct RTSPPlaySession: PlaySession {
    private struct Track {
        let control: String
        let scanner: RTPScanner
    }

    private enum State {
        case described
        /// So many tracks are set up.
        case settingUp([Track], Int)
        case playing
    }

    private let uri: String
    private let usesDatagrams: Bool
    private let probing: Bool
    private var state = State.described
    private var decoder = RTSPMessageDecoder()
    private var seam = Seam()
    /// What has come of a message.
    private var message = ByteBuffer()
    private var isInMessage = false
    private var scanners: [RTPScanner] = []
    private var identifier: String?
    private var requests = 0
    private var port: UInt16 = 0
    private var remindedAt: Int64 = 0
    package var progress: StreamProgress
    package var outbox: [UInt8] = []

    /// A frame's head and the longest payload.
    private static let frameLimit = 4 + 65_535
    /// Servers forget sessions that say nothing for a minute (section 12.37). By the stream's own time, µs.
    private static let reminder: Int64 = 20_000_000

    package init(address: StreamAddress, probing: Bool, gapLimit: Int64) {
        self.uri = "rtsp://\(address.authority)\(address.resource)"
        self.usesDatagrams = address.format == .rtspu
        self.probing = probing
        self.progress = StreamProgress(gapLimit: gapLimit)
        self.send(.describe, self.uri, [.init("Accept", "application/sdp")])
    }

    package var path: PlayPath { self.usesDatagrams ? .connectionAndDatagrams : .connection }

    package mutating func open(at port: UInt16) { self.port = port }

    package mutating func receive(_ bytes: Span<UInt8>) throws(ScanError) {
        var seam = Seam()
        swap(&seam, &self.seam)
        defer { self.seam = seam }
        try seam.feed(bytes, lookahead: Self.frameLimit) { bytes throws(ScanError) in try self.scan(bytes) }
        self.remind()
    }

    /// Frames are passed over where they lie, messages are few and are copied (section 10.12).
    private mutating func scan(_ bytes: Span<UInt8>) throws(ScanError) -> Int {
        var at = 0
        while at < bytes.count {
            if !self.isInMessage, bytes[at] == RTSPMessageDecoder.frameMark {
                guard bytes.count - at >= 4 else { break }
                let end = at + 4 + Int(bytes.number16(at: at + 2))
                guard end <= bytes.count else { break }
                self.scan(packet: bytes.extracting(at + 4..<end))
                at = end
            } else {
                self.message.writeInteger(bytes[at])
                self.isInMessage = true
                at += 1
                guard let message = try self.next() else { continue }
                self.isInMessage = false
                self.message.clear()
                switch message {
                case .interleaved(let frame): self.scan(packet: frame.payload.readableBytesUInt8Span)
                case .response(let response): try self.take(response)
                case .request: throw ScanError("the server asked for something")
                }
            }
        }
        return at
    }

    private mutating func next() throws(ScanError) -> RTSPMessage? {
        do {
            return try self.decoder.next(from: &self.message)
        } catch {
            throw ScanError("the server does not speak RTSP")
        }
    }

    package mutating func receive(datagram: Span<UInt8>) throws(ScanError) {
        self.scan(packet: datagram)
        self.remind()
    }

    private mutating func scan(packet: Span<UInt8>) {
        // Reports have other types than any track.
        guard let type = RTPScanner.payloadType(of: packet),
            let index = self.scanners.firstIndex(where: { $0.payloadType == type })
        else { return }
        self.scanners[index].scan(packet, into: &self.progress)
    }

    // MARK: Messages

    private mutating func take(_ response: RTSPResponse) throws(ScanError) {
        if case .playing = self.state { return }
        guard response.status.rawValue == 200 else {
            throw ScanError("the server answered \(response.status.rawValue) \(response.reason)")
        }
        switch self.state {
        case .described:
            let base = response.headers["Content-Base"] ?? response.headers["Content-Location"] ?? self.uri
            self.setUp(try self.tracks(in: response.body, base), 0)
        case .settingUp(let tracks, let count):
            self.identifier = response.headers["Session"]?.split(separator: ";").first.map(String.init)
            self.setUp(tracks, count + 1)
        case .playing: break
        }
    }

    private func tracks(in body: ByteBuffer, _ base: String) throws(ScanError) -> [Track] {
        guard let session = try? SessionDescription(parsing: String(buffer: body)) else {
            throw ScanError("the server described the stream in a way that cannot be read")
        }
        let tracks = session.media.compactMap { medium -> Track? in
            guard let encoding = medium.encodings.first, ["video", "audio"].contains(medium.kind) else { return nil }
            let scanner = RTPScanner(encoding, isVideo: medium.kind == "video", probing: self.probing)
            return Track(control: Self.resolve(medium.control ?? "", base), scanner: scanner)
        }
        guard !tracks.isEmpty else { throw ScanError("the stream has no tracks that travel by RTP") }
        return tracks
    }

    /// RFC 2326 section C.1.1.
    private static func resolve(_ control: String, _ base: String) -> String {
        if control.hasPrefix("rtsp://") { return control }
        return base.hasSuffix("/") ? base + control : "\(base)/\(control)"
    }

    private mutating func setUp(_ tracks: [Track], _ count: Int) {
        guard count < tracks.count else {
            self.scanners = tracks.map(\.scanner)
            self.state = .playing
            self.send(.play, self.uri, [.init("Range", "npt=now-")])
            return
        }
        self.state = .settingUp(tracks, count)
        var transport = RTSPTransport()
        if self.usesDatagrams {
            // All tracks at one port: their payload types tell them apart.
            transport.clientPort = .init(rtp: self.port, rtcp: self.port + 1)
        } else {
            transport.lower = .tcp
            let channel = UInt8(truncatingIfNeeded: 2 * count)
            transport.interleaved = .init(rtp: channel, rtcp: channel + 1)
        }
        self.send(.setup, tracks[count].control, [.init("Transport", transport.text)])
    }

    private mutating func remind() {
        guard case .playing = self.state, self.progress.advance - self.remindedAt >= Self.reminder else { return }
        self.remindedAt = self.progress.advance
        self.send(.options, self.uri, [])
    }

    private mutating func send(_ method: RTSPMethod, _ uri: String, _ fields: [RTSPHeaders.Field]) {
        self.requests += 1
        var fields = [.init("CSeq", "\(self.requests)"), .init("User-Agent", "transponder-rehearse")] + fields
        if let identifier { fields.append(.init("Session", identifier)) }
        var bytes = ByteBuffer()
        RTSPMessageEncoder.write(RTSPRequest(method, uri, headers: RTSPHeaders(fields)), into: &bytes)
        self.outbox += bytes.readableBytesView
    }
}

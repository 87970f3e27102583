internal import CSRT
package import Linux
package import NIOCore
internal import Synchronization

/// A socket of libsrt in live mode, closed with its last holder. libsrt's own locks make every call safe from any thread.
///
/// No call waits, except ``connect(to:)``.
package final class SRTSocket: Sendable {
    package let id: SRTSocketID
    private let isClosed = Atomic(false)

    init(owning number: SRTSOCKET) {
        self.id = SRTSocketID(number)
    }

    deinit {
        self.close()
    }

    /// A socket that is neither bound nor connected.
    package static func make(_ settings: SRTSettings) throws(SRTFailure) -> SRTSocket {
        try SRTLibrary.start()
        let number = srt_create_socket()
        guard number != SRT_INVALID_SOCK else { throw SRTFailure("srt_create_socket") }
        let socket = SRTSocket(owning: number)
        try socket.set(SRTO_TRANSTYPE, Int32(bitPattern: SRTT_LIVE.rawValue), "SRTO_TRANSTYPE")
        try socket.set(SRTO_LATENCY, settings.latency.srtMilliseconds, "SRTO_LATENCY")
        try socket.set(SRTO_PEERIDLETIMEO, settings.peerTimeout.srtMilliseconds, "SRTO_PEERIDLETIMEO")
        try socket.set(SRTO_CONNTIMEO, settings.connectTimeout.srtMilliseconds, "SRTO_CONNTIMEO")
        try SRTFailure.check(csrt_set_flag(number, SRTO_RCVSYN, 0), "SRTO_RCVSYN")
        try SRTFailure.check(csrt_set_flag(number, SRTO_SNDSYN, 0), "SRTO_SNDSYN")
        if let passphrase = settings.passphrase { try socket.setText(SRTO_PASSPHRASE, passphrase, "SRTO_PASSPHRASE") }
        if let streamID = settings.streamID { try socket.setText(SRTO_STREAMID, streamID, "SRTO_STREAMID") }
        return socket
    }

    private func set(_ option: SRT_SOCKOPT, _ value: Int32, _ name: String) throws(SRTFailure) {
        try SRTFailure.check(csrt_set_number(self.id.number, option, value), name)
    }

    func setText(_ option: SRT_SOCKOPT, _ text: String, _ name: String) throws(SRTFailure) {
        let bytes = Array(text.utf8.map(CChar.init(bitPattern:)))
        try SRTFailure.check(
            unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe csrt_set_text(self.id.number, option, bytes.baseAddress, Int32(clamping: bytes.count))
            },
            name
        )
    }

    // MARK: Opening

    /// Uses a UDP socket that is bound already; libsrt closes it.
    package func bind(taking socket: consuming OwnedDescriptor) throws(SRTFailure) {
        let number = socket.release()
        try SRTFailure.check(csrt_take(self.id.number, number), "srt_bind_acquire")
    }

    /// Takes calls; `callback` is asked about each before it is answered, on a thread of libsrt's that must not be kept.
    package func listen(backlog: Int, callback: @escaping SRTListenCallback) throws(SRTFailure) {
        // Never given back: libsrt may be asking while the listener is closed. There is one of them in a relay's life.
        let box = unsafe Unmanaged.passRetained(SRTListenCallbackBox(callback)).toOpaque()
        try SRTFailure.check(
            unsafe srt_listen_callback(
                self.id.number,
                { box, number, version, peer, streamID in
                    unsafe SRTListenCallbackBox.ask(box, number, version, peer, streamID)
                },
                box
            ),
            "srt_listen_callback"
        )
        try SRTFailure.check(srt_listen(self.id.number, Int32(clamping: backlog)), "srt_listen")
    }

    /// The next call that the callback let through, with the address it came from; nil where there is none.
    package func accept() -> (socket: SRTSocket, peer: String)? {
        var peer = [CChar](repeating: 0, count: Int(csrt_address_size))
        let number = unsafe csrt_accept(self.id.number, &peer)
        guard number != SRT_INVALID_SOCK else { return nil }
        return (SRTSocket(owning: number), Self.text(peer))
    }

    /// Calls a listener and waits until it has answered, or the time for that is over.
    package func connect(to address: InternetAddress) throws(SRTFailure) {
        try SRTFailure.check(csrt_set_flag(self.id.number, SRTO_RCVSYN, 1), "SRTO_RCVSYN")
        defer { _ = csrt_set_flag(self.id.number, SRTO_RCVSYN, 0) }
        guard unsafe csrt_connect(self.id.number, "\(address.host)", address.port) >= 0 else {
            let failure = SRTFailure("srt_connect")
            let reason = srt_getrejectreason(self.id.number)
            guard reason > Int32(bitPattern: SRT_REJ_UNKNOWN.rawValue) else { throw failure }
            throw SRTFailure("srt_connect", SRTRejection(code: reason))
        }
    }

    /// Where it is bound.
    package var address: InternetAddress? {
        var text = [CChar](repeating: 0, count: Int(csrt_address_size))
        guard unsafe csrt_own_address(self.id.number, &text) >= 0 else { return nil }
        return InternetAddress(Self.text(text))
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Ends the connection; what is still to be sent is not waited for.
    package func close() {
        guard !self.isClosed.exchange(true, ordering: .relaxed) else { return }
        srt_close(self.id.number)
    }

    package var isConnected: Bool { srt_getsockstate(self.id.number) == SRTS_CONNECTED }

    // MARK: Media

    package enum Received: Sendable {
        case message(ByteBuffer)
        /// There is none now.
        case nothing
        case ended
    }

    /// The largest message of live mode.
    package static let messageLimit = 1456

    /// The next message in its time.
    package func receive() -> Received {
        var bytes = ByteBuffer()
        let count = unsafe bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.messageLimit) { memory in
            let base = unsafe memory.baseAddress?.assumingMemoryBound(to: CChar.self)
            return unsafe Int(max(srt_recvmsg(self.id.number, base, Int32(Self.messageLimit)), 0))
        }
        if count > 0 { return .message(bytes) }
        return srt_getlasterror(nil) == SRT_EASYNCRCV.rawValue ? .nothing : .ended
    }

    package struct Sent: Sendable {
        /// In whole messages, except for the last.
        package var bytes: Int
        package var isEnded: Bool
    }

    /// Sends bytes in messages of at most so many each, as far as there is room for them now.
    package func send(_ bytes: ByteBuffer, messageSize: Int) -> Sent {
        unsafe bytes.withUnsafeReadableBytes { memory in
            var sent = 0
            while sent < memory.count, let base = memory.baseAddress {
                let count = min(messageSize, memory.count - sent)
                let message = unsafe (base + sent).assumingMemoryBound(to: CChar.self)
                guard unsafe srt_sendmsg(self.id.number, message, Int32(count), -1, 1) >= 0 else {
                    let code = srt_getlasterror(nil)
                    return Sent(bytes: sent, isEnded: code != SRT_EASYNCSND.rawValue)
                }
                sent += count
            }
            return Sent(bytes: sent, isEnded: false)
        }
    }
}

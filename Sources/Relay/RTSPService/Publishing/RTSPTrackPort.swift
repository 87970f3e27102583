import Linux
import Logging
import NIOCore
import NIOPosix
import Sessions
import Sockets

/// The UDP sockets by which a peer sends one track: RTP and the RTCP beside it. It lives on one event loop, where it is
/// also told what comes.
final class RTSPTrackPort {
    /// Is given what the kernel gave at a time.
    typealias Receive = @Sendable (_ isRTCP: Bool, [ByteBuffer]) -> Void

    /// Its sockets outlive the process where there is a keeper.
    struct Kept {
        let keeper: any SocketKeeper
        /// By which whoever follows has them.
        let numbers: [UInt64]

        /// Nil where they cannot be kept.
        init?(_ sockets: [HeldDescriptor], by keeper: (any SocketKeeper)?) {
            guard let keeper else { return nil }
            let numbers = sockets.map { keeper.keep($0) }
            self.keeper = keeper
            self.numbers = numbers.compactMap(\.self)
            guard self.numbers.count == sockets.count else {
                self.forget()
                return nil
            }
        }

        /// They were kept by another process.
        init?(_ numbers: [UInt64], by keeper: (any SocketKeeper)?) {
            guard let keeper else { return nil }
            self.keeper = keeper
            self.numbers = numbers
        }

        func forget() {
            for number in self.numbers { self.keeper.forget(number) }
        }
    }

    /// Of one track: for RTP, for RTCP, and for reports.
    static let sockets = 3

    /// The port of RTP; RTCP's is the next.
    let port: UInt16

    private let rtp: any Channel
    private let rtcp: any Channel
    /// By it reports go to where the peer said that it hears them.
    private let reports: HeldDescriptor
    let kept: Kept?

    private init(port: UInt16, rtp: any Channel, rtcp: any Channel, reports: HeldDescriptor, kept: Kept?) {
        self.kept = kept
        self.port = port
        self.reports = reports
        self.rtp = rtp
        self.rtcp = rtcp
    }

    /// Opens channels on lent sockets. Only datagrams of `host` are told.
    static func open(
        _ loan: DatagramLoan,
        kept: Kept?,
        for host: InternetAddress.Host,
        on loop: any EventLoop,
        log: Logger,
        receive: @escaping Receive
    ) -> EventLoopFuture<NIOLoopBound<RTSPTrackPort>> {
        let port = loan.port
        guard loan.sockets.count == 3, let first = loan.sockets[0].take(), let second = loan.sockets[1].take() else {
            kept?.forget()
            return loop.makeFailedFuture(DatagramRefusal(sentence: "A pair of UDP ports was asked for."))
        }
        let reports = loan.sockets[2]
        let rtp = Self.channel(first.release(), isRTCP: false, host, loop, log, receive)
        let rtcp = Self.channel(second.release(), isRTCP: true, host, loop, log, receive)
        return rtp.and(rtcp).map { rtp, rtcp in
            NIOLoopBound(RTSPTrackPort(port: port, rtp: rtp, rtcp: rtcp, reports: reports, kept: kept), eventLoop: loop)
        }
    }

    private static func channel(
        _ socket: CInt,
        isRTCP: Bool,
        _ host: InternetAddress.Host,
        _ loop: any EventLoop,
        _ log: Logger,
        _ receive: @escaping Receive
    ) -> EventLoopFuture<any Channel> {
        // One of them a track: less than for a declared source, of which there are few.
        let room = DatagramRoom(usual: 4096)
        return room.apply(to: DatagramBootstrap(group: loop))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        RTSPDatagramListener(host: host, isRTCP: isRTCP, log: log, room: room, receive: receive)
                    )
                }
            }
            .withBoundSocket(socket)
    }

    /// Sends a report; one that cannot be sent now is not, for the next says more.
    func report(_ bytes: ByteBuffer) {
        try? UDPSocket.send(Array(bytes.readableBytesView), by: self.reports)
    }

    func close() {
        self.rtp.close(promise: nil)
        self.rtcp.close(promise: nil)
        self.kept?.forget()
    }
}

/// Passes on the datagrams of one host; those of others are dropped and counted.
private final class RTSPDatagramListener: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let host: String
    private let isRTCP: Bool
    private let log: Logger
    private var room: DatagramRoom
    private let receive: RTSPTrackPort.Receive
    private var foreign: UInt64 = 0
    /// What the kernel gave since reading began.
    private var datagrams: [ByteBuffer] = []

    init(
        host: InternetAddress.Host,
        isRTCP: Bool,
        log: Logger,
        room: DatagramRoom,
        receive: @escaping RTSPTrackPort.Receive
    ) {
        self.room = room
        self.host = "\(host)"
        self.isRTCP = isRTCP
        self.log = log
        self.receive = receive
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = self.unwrapInboundIn(data)
        guard envelope.remoteAddress.ipAddress == self.host else {
            self.foreign += 1
            return
        }
        self.room.note(envelope.data, by: context.channel)
        self.datagrams.append(envelope.data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard !self.datagrams.isEmpty else { return }
        self.receive(self.isRTCP, self.datagrams)
        self.datagrams.removeAll(keepingCapacity: true)
    }

    /// A datagram that could not be delivered is no end: RTCP is sent to a port that may be closed by now.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.log.debug("datagram failed", metadata: ["error": "\(error)"])
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard self.foreign > 0 else { return }
        self.log.warning("datagrams of other addresses dropped", metadata: ["datagrams": "\(self.foreign)"])
    }
}

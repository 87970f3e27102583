import Contract
import Linux
import NIOCore
import NIOPosix
import Sessions
import Streams
import Synchronization

/// The UDP ports that viewers by RTSP are sent from: one pair for each family of addresses, opened for the first viewer
/// and shared by all. It also hears their receiver reports, by which some keep their sessions alive.
package final class RTSPViewerPorts: Sendable {
    struct Pair: Sendable {
        let rtp: HeldDescriptor
        let rtcp: HeldDescriptor
        /// Of RTP; RTCP's is the next.
        let port: UInt16
    }

    private struct Family {
        var pair: Pair?
        var waiting: [EventLoopPromise<Pair>] = []
    }

    private let ports: any DatagramPorts
    private let families = Mutex<[Bool: Family]>([:])
    private let ears: RTSPReportEars

    init(_ ports: any DatagramPorts, clock: @escaping @Sendable () -> Now) {
        self.ports = ports
        self.ears = RTSPReportEars(clock: clock)
    }

    /// The pair of a family.
    func pair(isIPv6: Bool, on loop: any EventLoop) -> EventLoopFuture<Pair> {
        let promise = loop.makePromise(of: Pair.self)
        let isFirst = self.families.withLock { families in
            if let pair = families[isIPv6]?.pair {
                promise.succeed(pair)
                return false
            }
            families[isIPv6, default: Family()].waiting.append(promise)
            return families[isIPv6]?.waiting.count == 1
        }
        if isFirst { self.ports.lend(.pair(isIPv6: isIPv6)) { self.lent($0, isIPv6: isIPv6, loop) } }
        return promise.futureResult
    }

    private func lent(_ loan: Result<DatagramLoan, DatagramRefusal>, isIPv6: Bool, _ loop: any EventLoop) {
        let outcome = loan.flatMap { loan -> Result<Pair, DatagramRefusal> in
            guard loan.sockets.count == 2 else {
                return .failure(DatagramRefusal(sentence: "A pair of UDP ports was asked for."))
            }
            return .success(Pair(rtp: loan.sockets[0], rtcp: loan.sockets[1], port: loan.port))
        }
        if case .success(let pair) = outcome { self.ears.listen(at: pair.rtcp, on: loop) }
        let waiting = self.families.withLock { families in
            defer { families[isIPv6]?.waiting = [] }
            families[isIPv6]?.pair = try? outcome.get()
            return families[isIPv6]?.waiting ?? []
        }
        for promise in waiting { promise.completeWith(outcome.mapError { $0 }) }
    }

    /// From now on the reports of a viewer are heard.
    func follow(_ address: InternetAddress) { self.ears.heard.withLock { $0[address] = 0 } }
    func forget(_ address: InternetAddress) { self.ears.heard.withLock { $0[address] = nil } }

    /// When a viewer last reported, µs monotonic; 0 if it has not.
    func lastReport(of address: InternetAddress) -> Int64 { self.ears.heard.withLock { $0[address] ?? 0 } }
}

/// Reads receiver reports for no more than that they came.
private final class RTSPReportEars: Sendable {
    /// When viewers last reported, µs monotonic. Nobody is in it who does not play.
    let heard = Mutex<[InternetAddress: Int64]>([:])
    private let clock: @Sendable () -> Now

    init(clock: @escaping @Sendable () -> Now) {
        self.clock = clock
    }

    func listen(at socket: HeldDescriptor, on loop: any EventLoop) {
        guard let twin = try? socket.duplicate() else { return }
        DatagramBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Listener(ears: self))
                }
            }
            .withBoundSocket(twin.release())
            .whenFailure { _ in }
    }

    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        private let ears: RTSPReportEars

        init(ears: RTSPReportEars) {
            self.ears = ears
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let sender = self.unwrapInboundIn(data).remoteAddress
            guard let text = sender.ipAddress, let host = InternetAddress.Host(text), let port = sender.port else {
                return
            }
            let address = InternetAddress(host, port: UInt16(truncatingIfNeeded: port))
            let now = self.ears.clock().monotonic
            self.ears.heard.withLock { if $0[address] != nil { $0[address] = now } }
        }

        /// Viewers come and go.
        func errorCaught(context: ChannelHandlerContext, error: any Error) {}
    }
}

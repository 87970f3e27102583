import Contract
import Control
import Linux
import Sockets
import Synchronization

/// Gives one relay instance the UDP sockets that it asks for.
///
/// The instance is not trusted: it gets what its configuration names, and sockets to those who speak with it, no more of the
/// shared ports than its part. Each that can send is connected by the host to whom it is for.
final class DatagramBroker: Sendable {
    typealias Answer = @Sendable (HostMessage, consuming OwnedDescriptor?) -> Void

    private struct State {
        var rate = MessageRate(limit: ControlLimits.datagramRequestsPerSecond)
        var last: UInt64 = 0
        var lookups = 0
        /// Even ports that were given out, and the version of IP.
        var pairs: [Pair] = []
        /// Ports of those that were given for one purpose of the configuration.
        var given: [Purpose: [Single]] = [:]
    }

    /// What of the configuration sockets are for.
    private enum Purpose: Hashable {
        case push(StreamName, DestinationName)
        case call(StreamName)
        case multicast
    }

    private struct Single {
        let address: InternetAddress

        var isBack: Bool { (try? UDPSocket.bind(to: self.address)) != nil }
    }

    private struct Pair {
        let port: UInt16
        let isIPv6: Bool

        /// The kernel knows: whoever still has it keeps others from it.
        var isBack: Bool {
            let host = self.isIPv6 ? InternetAddress.Host.anyV6 : .anyV4
            return [self.port, self.port + 1].allSatisfy { port in
                (try? UDPSocket.bind(to: InternetAddress(host, port: port))) != nil
            }
        }
    }

    private let pool: PortPool
    private let viewers: ViewerPorts
    private let peers: SessionPeers
    private let given: GivenSockets
    /// Of pushes, by this relay's instances before this one, too.
    private let addresses: SendingAddresses
    private let state = Mutex(State())

    init(pool: PortPool, addresses: SendingAddresses, peers: SessionPeers, given: GivenSockets) {
        self.given = given
        self.pool = pool
        self.viewers = ViewerPorts(pool)
        self.peers = peers
        self.addresses = addresses
    }

    /// Answers once for each socket, or with the refusal, from any thread. The share is how many pairs this instance may
    /// have at once.
    ///
    /// - Returns: what is wrong with the request, so that the instance cannot be trusted any more; nil where nothing is.
    func take(
        _ number: UInt64,
        _ request: DatagramRequest,
        of spec: RelaySpec,
        share: Int,
        answer: @escaping Answer
    ) -> String? {
        do throws(ControlError) {
            let isNew = try self.state.withLock { (state) throws(ControlError) in
                try state.rate.note(now: MonotonicClock.now)
                defer { state.last = max(state.last, number) }
                return number > state.last
            }
            guard isNew else { return "It used a number twice for what it wants." }
        } catch {
            return "It asks for UDP sockets too often: \(error)."
        }
        do throws(DatagramFailure) {
            switch request {
            case .publisher(let peer):
                let host = try self.peers.admit(peer)
                try self.checkPairs(share)
                let (sockets, port) = try self.pool.publisher(host, peer)
                self.state.withLock { $0.pairs.append(Pair(port: port, isIPv6: InternetAddress(host, port: 0).isIPv6)) }
                self.give(number, sockets, port: port, answer)
            case .viewer(let peer):
                let (sockets, port) = try self.viewers.sockets(to: self.peers.admit(peer), peer)
                self.give(number, sockets, port: port, answer)
            case .multicast(let group, let port, let tracks):
                guard let multicast = spec.multicast else {
                    throw DatagramFailure("The configuration sets no multicast groups apart for this relay.")
                }
                // Each stream is sent to a group of its own.
                try self.checkShare(of: .multicast, limit: spec.limits.streams)
                let sent = try DatagramOpener.senders(to: group, port: port, tracks: tracks, of: multicast)
                self.give(number, sent, for: .multicast, answer)
            case .push(let stream, let destination):
                guard let push = spec.push(destination, of: stream) else {
                    throw DatagramFailure("The configuration does not name the destination '\(destination)'.")
                }
                let purpose = Purpose.push(stream, destination)
                try self.checkShare(of: purpose)
                try self.lookUp(push.to.address, number, purpose, answer) { (address) throws(DatagramFailure) in
                    let sent = try DatagramOpener.senders(to: address, push, from: self.addresses[request])
                    self.addresses.note(sent.own, for: request)
                    return sent
                }
            case .call(let stream):
                guard case .call(let call)? = spec.declaration(of: stream)?.source else {
                    throw DatagramFailure("The configuration does not have '\(stream)' fetched from anywhere.")
                }
                let purpose = Purpose.call(stream)
                try self.checkShare(of: purpose)
                try self.lookUp(call.call, number, purpose, answer) { (address) throws(DatagramFailure) in
                    try DatagramOpener.caller(to: address)
                }
            }
        } catch {
            answer(.refused(number, sentence: error.description), nil)
        }
        return nil
    }

    /// The instance is given a socket that its predecessor had: a pair of ports is part of its share.
    func noteRestored(_ socket: HeldDescriptor) {
        let address = socket.lend { try? UDPSocket.localAddress(of: $0) } ?? nil
        guard let address, address.port % 2 == 0, self.pool.range?.contains(address.port) == true,
            !self.viewers.use(address.port)
        else { return }
        self.state.withLock { $0.pairs.append(Pair(port: address.port, isIPv6: address.isIPv6)) }
    }

    /// Throws where the relay has its part of the ports.
    private func checkPairs(_ share: Int) throws(DatagramFailure) {
        let isOver = self.state.withLock { state in
            // Only then is it worth to ask the kernel about each.
            if state.pairs.count >= share { state.pairs.removeAll(where: \.isBack) }
            return state.pairs.count >= share
        }
        // Where there is no range at all, the pool says so.
        if isOver, self.pool.range != nil {
            throw DatagramFailure("This relay has its part of listen.udp, \(share) pairs, in use already.")
        }
    }

    /// Throws where the relay has as many for that purpose as it may need.
    private func checkShare(
        of purpose: Purpose,
        limit: Int = ControlLimits.socketsPerDestination
    ) throws(DatagramFailure) {
        let isOver = self.state.withLock { state in
            guard let given = state.given[purpose], given.count >= limit else { return false }
            // Only then is it worth to ask the kernel about each.
            state.given[purpose] = given.filter { !$0.isBack }
            return (state.given[purpose]?.count ?? 0) >= limit
        }
        if isOver { throw DatagramFailure("This relay has \(limit) UDP sockets for that already.") }
    }

    private func give(
        _ number: UInt64,
        _ sent: ConnectedSockets,
        for purpose: Purpose,
        to destination: InternetAddress? = nil,
        _ answer: Answer
    ) {
        self.state.withLock { $0.given[purpose, default: []].append(Single(address: sent.own)) }
        self.give(number, sent.sockets, port: sent.own.port, to: destination, answer)
    }

    private func give(
        _ number: UInt64,
        _ sockets: [HeldDescriptor],
        port: UInt16,
        to destination: InternetAddress? = nil,
        _ answer: Answer
    ) {
        for (index, socket) in sockets.enumerated() {
            let grant = SocketGrant(
                purpose: .request(number, index: index, count: sockets.count),
                port: port,
                destination: destination?.description
            )
            self.given.note(socket)
            answer(.socket(grant), socket.take())
        }
    }

    /// An address at once; a name on a thread of its own, for the resolver may take its time.
    private func lookUp(
        _ peer: HostPort,
        _ number: UInt64,
        _ purpose: Purpose,
        _ answer: @escaping Answer,
        _ open: @escaping @Sendable (InternetAddress) throws(DatagramFailure) -> ConnectedSockets
    ) throws(DatagramFailure) {
        guard peer.address == nil else {
            let address = try DatagramOpener.resolve(peer)
            return self.give(number, try open(address), for: purpose, to: address, answer)
        }
        let mayLookUp = self.state.withLock { state in
            guard state.lookups < ControlLimits.lookups else { return false }
            state.lookups += 1
            return true
        }
        guard mayLookUp else { throw DatagramFailure("Too many names are being looked up; try again later.") }
        do throws(LinuxError) {
            _ = try WorkerThread(name: "resolve") {
                defer { self.state.withLock { $0.lookups -= 1 } }
                do throws(DatagramFailure) {
                    let address = try DatagramOpener.resolve(peer)
                    self.give(number, try open(address), for: purpose, to: address, answer)
                } catch {
                    answer(.refused(number, sentence: error.description), nil)
                }
            }
        } catch {
            self.state.withLock { $0.lookups -= 1 }
            throw DatagramFailure("A name cannot be looked up: \(error.reason).")
        }
    }
}

extension RelaySpec {
    func push(_ destination: DestinationName, of stream: StreamName) -> PushSpec? {
        self.declaration(of: stream)?.push.first { $0.name == destination }
    }
}

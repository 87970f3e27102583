import Contract
import Control
import Linux
import Sockets
import Synchronization

/// Gives one relay instance the UDP sockets that it asks for.
///
/// The instance is not trusted: it gets what its configuration names, and no more of the shared ports than its part.
final class DatagramBroker: Sendable {
    typealias Answer = @Sendable (HostMessage, consuming OwnedDescriptor?) -> Void

    private struct State {
        var rate = MessageRate(limit: ControlLimits.datagramRequestsPerSecond)
        var last: UInt64 = 0
        var lookups = 0
        /// Even ports that were given out, and the version of IP.
        var pairs: [Pair] = []
        /// Ports of those that were given for one purpose of the configuration.
        var given: [DatagramRequest: [Single]] = [:]
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
    /// Of pushes, by this relay's instances before this one, too.
    private let addresses: SendingAddresses
    private let state = Mutex(State())

    init(pool: PortPool, addresses: SendingAddresses) {
        self.pool = pool
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
            case .pair(let isIPv6): try self.givePair(number, isIPv6: isIPv6, share: share, answer)
            case .multicast:
                guard let multicast = spec.multicast else {
                    throw DatagramFailure("The configuration sets no multicast groups apart for this relay.")
                }
                // Each stream is sent to a group of its own.
                try self.checkShare(of: request, limit: spec.limits.streams)
                try self.give(number, request, DatagramOpener.sender(to: multicast), answer)
            case .push(let stream, let destination):
                guard let push = spec.push(destination, of: stream) else {
                    throw DatagramFailure("The configuration does not name the destination '\(destination)'.")
                }
                try self.checkShare(of: request)
                try self.lookUp(push.to.address, number, request, answer) { (address) throws(DatagramFailure) in
                    try DatagramOpener.sender(to: address, push, from: self.addresses[request])
                }
            case .call(let stream):
                guard case .call(let call)? = spec.declaration(of: stream)?.source else {
                    throw DatagramFailure("The configuration does not have '\(stream)' fetched from anywhere.")
                }
                try self.checkShare(of: request)
                try self.lookUp(call.call, number, request, answer) { (address) throws(DatagramFailure) in
                    try DatagramOpener.sender(isIPv6: address.isIPv6)
                }
            }
        } catch {
            answer(.refused(number, sentence: error.description), nil)
        }
        return nil
    }

    private func givePair(_ number: UInt64, isIPv6: Bool, share: Int, _ answer: Answer) throws(DatagramFailure) {
        let isOver = self.state.withLock { state in
            // Only then is it worth to ask the kernel about each.
            if state.pairs.count >= share { state.pairs.removeAll(where: \.isBack) }
            return state.pairs.count >= share
        }
        // Where there is no range at all, the pool says so.
        if isOver, self.pool.range != nil {
            throw DatagramFailure("This relay has its part of listen.udp, \(share) pairs, in use already.")
        }
        let pair = try self.pool.pair(isIPv6: isIPv6)
        let port = pair.port
        self.state.withLock { $0.pairs.append(Pair(port: port, isIPv6: isIPv6)) }
        let (even, odd) = pair.separate()
        for (index, held) in [even, odd].enumerated() {
            let grant = SocketGrant(purpose: .request(number, index: index, count: 2), port: port + UInt16(index))
            answer(.socket(grant), held.take())
        }
    }

    /// Throws where the relay has as many for that purpose as it may need.
    private func checkShare(
        of request: DatagramRequest,
        limit: Int = ControlLimits.socketsPerDestination
    ) throws(DatagramFailure) {
        let isOver = self.state.withLock { state in
            guard let given = state.given[request], given.count >= limit else { return false }
            // Only then is it worth to ask the kernel about each.
            state.given[request] = given.filter { !$0.isBack }
            return (state.given[request]?.count ?? 0) >= limit
        }
        if isOver { throw DatagramFailure("This relay has \(limit) UDP sockets for that already.") }
    }

    private func give(
        _ number: UInt64,
        _ request: DatagramRequest,
        _ socket: consuming OwnedDescriptor,
        to destination: InternetAddress? = nil,
        _ answer: Answer
    ) throws(DatagramFailure) {
        let own = try? UDPSocket.localAddress(of: socket)
        let port = own?.port ?? 0
        if let own {
            self.state.withLock { $0.given[request, default: []].append(Single(address: own)) }
            if case .push = request { self.addresses.note(own, for: request) }
        }
        let grant = SocketGrant(
            purpose: .request(number, index: 0, count: 1),
            port: port,
            destination: destination?.description
        )
        answer(.socket(grant), socket)
    }

    /// An address at once; a name on a thread of its own, for the resolver may take its time.
    private func lookUp(
        _ peer: HostPort,
        _ number: UInt64,
        _ request: DatagramRequest,
        _ answer: @escaping Answer,
        _ open: @escaping @Sendable (InternetAddress) throws(DatagramFailure) -> OwnedDescriptor
    ) throws(DatagramFailure) {
        guard peer.address == nil else {
            let address = try DatagramOpener.resolve(peer)
            return try self.give(number, request, open(address), to: address, answer)
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
                    try self.give(number, request, open(address), to: address, answer)
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

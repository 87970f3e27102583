import Contract
import Linux
import Sessions
import Sockets
import Streams

/// UDP sockets that a relay opens for itself, started by hand.
struct OwnPorts: DatagramPorts {
    private let pool: PortPool
    private let viewers: ViewerPorts
    private let current: CurrentSpec

    init(range: PortRange?, spec current: CurrentSpec) {
        self.pool = PortPool(range)
        self.viewers = ViewerPorts(self.pool)
        self.current = current
    }

    var answersSources: Bool { true }

    func lend(
        _ request: DatagramRequest,
        _ body: @escaping @Sendable (Result<DatagramLoan, DatagramRefusal>) -> Void
    ) {
        switch request {
        case .publisher, .viewer, .multicast: body(self.loan(request))
        case .push, .call:
            // A name may have to be looked up, and the resolver takes its time.
            do throws(LinuxError) {
                _ = try WorkerThread(name: "resolve") { body(self.loan(request)) }
            } catch {
                body(.failure(DatagramRefusal(sentence: "A name cannot be looked up: \(error.reason).")))
            }
        }
    }

    private func loan(_ request: DatagramRequest) -> Result<DatagramLoan, DatagramRefusal> {
        do throws(DatagramFailure) {
            return .success(try self.open(request))
        } catch {
            return .failure(DatagramRefusal(sentence: error.description))
        }
    }

    private func open(_ request: DatagramRequest) throws(DatagramFailure) -> DatagramLoan {
        switch request {
        case .publisher(let peer):
            let (sockets, port) = try self.pool.publisher(Self.host(of: peer), peer)
            return DatagramLoan(sockets: sockets, port: port)
        case .viewer(let peer):
            let (sockets, port) = try self.viewers.sockets(to: Self.host(of: peer), peer)
            return DatagramLoan(sockets: sockets, port: port)
        case .multicast(let group, let port, let tracks):
            guard let multicast = self.current.value.multicast else {
                throw DatagramFailure("The configuration sets no multicast groups apart.")
            }
            return Self.loan(try DatagramOpener.senders(to: group, port: port, tracks: tracks, of: multicast))
        case .push(let stream, let name):
            let push = self.current.value.declaration(of: stream)?.push.first { $0.name == name }
            guard let push else { throw DatagramFailure("The configuration does not name the destination '\(name)'.") }
            let address = try DatagramOpener.resolve(push.to.address)
            return Self.loan(try DatagramOpener.senders(to: address, push), to: address)
        case .call(let stream):
            guard case .call(let call)? = self.current.value.declaration(of: stream)?.source else {
                throw DatagramFailure("The configuration does not have '\(stream)' fetched from anywhere.")
            }
            let address = try DatagramOpener.resolve(call.call)
            return Self.loan(try DatagramOpener.caller(to: address), to: address)
        }
    }

    private static func host(of peer: DatagramPeer) throws(DatagramFailure) -> InternetAddress.Host {
        guard let host = InternetAddress.Host(peer.host) else {
            throw DatagramFailure("'\(peer.host)' is not an address.")
        }
        return host
    }

    private static func loan(_ sent: ConnectedSockets, to destination: InternetAddress? = nil) -> DatagramLoan {
        DatagramLoan(sockets: sent.sockets, port: sent.own.port, destination: destination)
    }
}

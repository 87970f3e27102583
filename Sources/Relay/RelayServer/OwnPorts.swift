import Contract
import Linux
import Sessions
import Sockets
import Streams

/// UDP sockets that a relay opens for itself, started by hand.
struct OwnPorts: DatagramPorts {
    private let pool: PortPool
    private let current: CurrentSpec

    init(range: PortRange?, spec current: CurrentSpec) {
        self.pool = PortPool(range)
        self.current = current
    }

    func lend(
        _ request: DatagramRequest,
        _ body: @escaping @Sendable (Result<DatagramLoan, DatagramRefusal>) -> Void
    ) {
        switch request {
        case .pair, .multicast: body(self.loan(request))
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
        case .pair(let isIPv6):
            let pair = try self.pool.pair(isIPv6: isIPv6)
            let port = pair.port
            let (even, odd) = pair.separate()
            return DatagramLoan(sockets: [even, odd], port: port)
        case .multicast:
            guard let multicast = self.current.value.multicast else {
                throw DatagramFailure("The configuration sets no multicast groups apart.")
            }
            return Self.loan(try DatagramOpener.sender(to: multicast))
        case .push(let stream, let name):
            let push = self.current.value.declaration(of: stream)?.push.first { $0.name == name }
            guard let push else { throw DatagramFailure("The configuration does not name the destination '\(name)'.") }
            let address = try DatagramOpener.resolve(push.to.address)
            return Self.loan(try DatagramOpener.sender(to: address, push), to: address)
        case .call(let stream):
            guard case .call(let call)? = self.current.value.declaration(of: stream)?.source else {
                throw DatagramFailure("The configuration does not have '\(stream)' fetched from anywhere.")
            }
            let address = try DatagramOpener.resolve(call.call)
            return Self.loan(try DatagramOpener.sender(isIPv6: address.isIPv6), to: address)
        }
    }

    private static func loan(
        _ socket: consuming OwnedDescriptor,
        to destination: InternetAddress? = nil
    ) -> DatagramLoan {
        let port = (try? UDPSocket.localAddress(of: socket).port) ?? 0
        return DatagramLoan(sockets: [HeldDescriptor(socket)], port: port, destination: destination)
    }
}

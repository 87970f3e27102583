import Admission
package import Contract
package import Linux
import Logging
import SRT
package import Sessions
package import Sockets
import Streams
import Synchronization

/// Where a relay takes SRT callers.
package enum SRTBinding: Sendable {
    /// A port of the machine.
    case address(ListenAddress)
    /// A UDP socket that is bound already, such as one that a host lends.
    case socket(HeldDescriptor)
}

extension SRTBinding {
    /// The UDP socket itself.
    fileprivate func descriptor() throws -> OwnedDescriptor {
        switch self {
        case .socket(let held):
            guard let descriptor = held.take() else { throw LinuxError("bind", code: -1) }
            return descriptor
        case .address(let address):
            do {
                return try UDPSocket.bind(to: InternetAddress(parsing: address.description), isForBoth: true)
            } catch let error as LinuxError {
                throw ListenFailure(name: "srt", address: address, code: error.code)
            }
        }
    }
}

/// Everything a relay does by SRT: the ports on which streams come and are asked for, and calls of its own.
package final class SRTService: Sendable {
    private let services: RelayServices
    private let delivery: SRTDelivery
    let receiver: SRTReceiver
    private let lines = Mutex<[SRTCaller]>([])

    package init(_ services: RelayServices, limiter: ConnectionLimiter, threads: Int) throws {
        self.services = services
        self.delivery = try SRTDelivery(
            threads: threads,
            spec: services.admission.current,
            engine: services.delivery.engine,
            log: services.log
        )
        self.receiver = try SRTReceiver(
            admission: SRTAdmission(services: services),
            delivery: self.delivery,
            limiter: limiter
        )
    }

    /// Whether the configuration has anybody called.
    package static func hasCalls(_ spec: RelaySpec) -> Bool { !SRTCaller.Purpose.all(of: spec).isEmpty }

    /// Places the calls that the configuration names and ends the others; those that stay are not disturbed.
    package func setCalls(of spec: RelaySpec) {
        let wanted = SRTCaller.Purpose.all(of: spec)
        let (kept, gone) = self.lines.withLock { lines in
            let gone = lines.filter { !wanted.contains($0.purpose) }
            lines.removeAll { !wanted.contains($0.purpose) }
            return (lines.map(\.purpose), gone)
        }
        for line in gone { line.end() }
        for purpose in wanted where !kept.contains(purpose) {
            do throws(LinuxError) {
                let line = try SRTCaller(
                    purpose,
                    services: self.services,
                    receiver: self.receiver,
                    delivery: self.delivery,
                    after: gone.filter { $0.purpose.stream == purpose.stream }
                )
                self.lines.withLock { $0.append(line) }
            } catch {
                self.services.log.error("cannot make an SRT line", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Opens a port, in place of one that was open at the same address before.
    package func listen(_ binding: SRTBinding) throws {
        var settings = SRTSettings()
        settings.latency = self.services.spec.srt.latency
        let socket = try SRTSocket.make(settings)
        try socket.bind(taking: try binding.descriptor())
        try self.receiver.listen(on: socket)
    }

    /// Closes the ports whose addresses are not among these.
    package func keepListening(at addresses: [ListenAddress]) {
        self.receiver.close { bound in
            !addresses.contains { wanted in
                guard let address = InternetAddress(wanted.description) else { return false }
                return address.host == bound.host && [0, bound.port].contains(address.port)
            }
        }
    }

    /// How it stands with where the configuration has streams sent to by SRT.
    package var destinations: [DestinationSnapshot] { self.lines.withLock { $0 }.compactMap(\.destination) }

    /// Where callers are taken.
    package var addresses: [InternetAddress] { self.receiver.addresses }

    /// Has everybody go; viewers once they have been sent what is on tape or the time is over.
    package func end(draining: Duration) {
        for line in self.lines.withLock({ $0 }) { line.end() }
        self.receiver.end()
        self.delivery.end(draining: draining)
    }

    /// Returns once everybody has gone.
    package func stop(draining: Duration) async {
        let lines = self.lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
        for line in lines { line.end() }
        for line in lines { await line.ended() }
        self.receiver.end()
        await self.receiver.ended()
        self.delivery.end(draining: draining)
        await self.delivery.ended()
    }
}

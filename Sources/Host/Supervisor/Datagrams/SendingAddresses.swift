import Contract
import Linux
import Synchronization

/// Remembers from where a relay sends to what its configuration names, over its instances: receivers take what comes from
/// another port for somebody else's.
final class SendingAddresses: Sendable {
    private let addresses = Mutex<[DatagramRequest: InternetAddress]>([:])

    subscript(request: DatagramRequest) -> InternetAddress? { self.addresses.withLock { $0[request] } }

    func note(_ address: InternetAddress, for request: DatagramRequest) {
        self.addresses.withLock { addresses in
            // As many as a configuration names, or what it named before is forgotten.
            if addresses.count >= Self.limit, addresses[request] == nil { addresses = [:] }
            addresses[request] = address
        }
    }

    private static let limit = 1024
}

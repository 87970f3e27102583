import Foundation
import Glibc
import Synchronization

/// A way to an RTSP server on which the connection goes through untouched and the datagrams of a publisher over
/// ``LossyLink``s: in what the server answers, its UDP ports are replaced by those of the links.
///
/// It takes one connection at a time and works until the value goes away.
package final class RTSPDetour: Sendable {
    private struct State {
        var links: [(media: LossyLink, control: LossyLink)] = []
        var sockets: [Socket] = []
    }

    private let listener: CInt
    private let target: String
    private let seed: UInt64
    private let state = Mutex(State())

    /// `127.0.0.1:port`, for the connection.
    package let address: String

    /// - Parameters:
    ///   - target: where the server listens: `127.0.0.1:8554`.
    ///   - seed: of the links' fates.
    /// - Throws: ``SocketError`` where the kernel gives no socket.
    package init(to target: String, seed: UInt64) throws(SocketError) {
        self.target = target
        self.seed = seed
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw SocketError(call: "socket", code: errno) }
        self.listener = listener
        let own = try LineAddress("127.0.0.1:0")
        guard unsafe own.with({ unsafe bind(listener, $0, $1) }) == 0, listen(listener, 4) == 0 else {
            throw SocketError(call: "bind", code: errno)
        }
        self.address = try LineAddress(boundTo: listener).text
        let thread = Thread { [weak self] in
            while case let number = accept(listener, nil, nil), number >= 0 {
                _ = fcntl(number, F_SETFD, FD_CLOEXEC)
                self?.carry(Socket(takingOwnership: number))
            }
        }
        thread.name = "RTSP detour"
        thread.start()
    }

    deinit {
        shutdown(self.listener, CInt(SHUT_RDWR))
        close(self.listener)
        for socket in self.state.withLock({ $0.sockets }) { socket.hangUp() }
    }

    /// Those of the tracks' packets, in the order in which they were set up, and those of their reports.
    package var media: [LossyLink] { self.state.withLock { $0.links.map(\.media) } }
    package var control: [LossyLink] { self.state.withLock { $0.links.map(\.control) } }

    private func carry(_ client: Socket) {
        guard let server = try? Socket(to: self.target) else { return client.hangUp() }
        self.state.withLock { $0.sockets += [client, server] }
        client.follow { bytes in
            if bytes.isEmpty { server.hangUp() } else { try? server.send(bytes) }
        }
        server.follow { [weak self] bytes in
            if bytes.isEmpty { client.hangUp() } else { try? client.send(self?.detoured(bytes) ?? bytes) }
        }
    }

    /// What a server answers is short, and comes in one piece on one machine.
    private func detoured(_ bytes: [UInt8]) -> [UInt8] {
        var text = String(decoding: bytes, as: UTF8.self)
        guard let place = text.range(of: "server_port=") else { return bytes }
        let digits = text[place.upperBound...].prefix { $0.isNumber || $0 == "-" }
        let ports = digits.split(separator: "-").compactMap { UInt16($0) }
        guard ports.count == 2, let own = try? FreePorts.take(2) else { return bytes }
        let made = self.state.withLock { state -> Bool in
            let seed = self.seed + UInt64(state.links.count)
            guard let media = try? LossyLink(to: "127.0.0.1:\(ports[0])", seed: seed, port: own[0]),
                let control = try? LossyLink(to: "127.0.0.1:\(ports[1])", port: own[1])
            else { return false }
            state.links.append((media, control))
            return true
        }
        guard made else { return bytes }
        text.replaceSubrange(digits.startIndex..<digits.endIndex, with: "\(own[0])-\(own[1])")
        return Array(text.utf8)
    }
}

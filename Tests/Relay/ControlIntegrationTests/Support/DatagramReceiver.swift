import Linux
import Synchronization

/// A UDP port of 127.0.0.1 and what came to it.
final class DatagramReceiver: Sendable {
    private let received = Mutex<[[UInt8]]>([])
    private let isOver = Atomic(false)
    private let thread = Mutex<WorkerThread?>(nil)

    init(at port: UInt16) throws {
        let socket = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: port))
        try UDPSocket.setReceiveBuffer(socket, bytes: 4 << 20)
        let held = HeldDescriptor(socket)
        let thread = try WorkerThread(name: "receiver") { [weak self] in
            guard let socket = held.take(), var poller = try? Poller.make(capacity: 1),
                (try? poller.add(socket, token: 0, for: .readable)) != nil
            else { return }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while let self, !self.isOver.load(ordering: .relaxed) {
                _ = try? poller.wait(for: .milliseconds(100))
                while let count = (try? UDPSocket.receive(into: &buffer, from: socket)) ?? nil {
                    self.received.withLock { $0.append(Array(buffer[..<count.bytes])) }
                }
            }
        }
        self.thread.withLock { $0 = thread }
    }

    var datagrams: [[UInt8]] { self.received.withLock { $0 } }
}

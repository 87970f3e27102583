import Foundation
import Glibc

/// A unix socket that takes datagrams, as a service manager has one for the services that it starts (sd_notify(3)).
package final class NoticeSocket: Sendable {
    private let number: Int32

    /// As `NOTIFY_SOCKET` names it: a name that is no file.
    package let name = "@transponder-\(getpid())-\(UInt32.random(in: 0 ... .max))"

    package init() throws {
        self.number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = [0] + Array(self.name.utf8.dropFirst())
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(self.number, $0, length) }
        }
        guard bound == 0 else { throw POSIXError(.EADDRINUSE) }
    }

    deinit { close(self.number) }

    /// What a datagram said that has come already.
    package func heard() -> String? { Self.receive(self.number, MSG_DONTWAIT) }

    /// The next datagram that has the words in it; nil where none comes in time.
    package func notice(containing words: String, within deadline: Duration = .seconds(20)) async -> String? {
        let end = ContinuousClock.now + deadline
        while ContinuousClock.now < end {
            let left = ContinuousClock.now.duration(to: end).components
            let heard = await self.next(within: timeval(tv_sec: Int(left.seconds), tv_usec: 1000))
            if let heard, heard.contains(words) { return heard }
        }
        return nil
    }

    private func next(within time: timeval) async -> String? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [number = self.number] in
                var time = time
                _ = unsafe setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
                continuation.resume(returning: Self.receive(number, 0))
            }
        }
    }

    private static func receive(_ number: Int32, _ flags: Int) -> String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe recv(number, &bytes, bytes.count, Int32(flags))
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
}

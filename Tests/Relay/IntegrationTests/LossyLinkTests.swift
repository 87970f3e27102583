import Foundation
import Glibc
import Testing
import Toolkit

/// The tests' own bad line is as bad as it says.
struct LossyLinkTests {
    /// A UDP socket that waits for what it expects and no longer than a second for what may not come.
    private final class Peer: Sendable {
        let number: CInt
        let address: String

        init(to target: String? = nil) throws {
            let own = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var patience = timeval(tv_sec: 1, tv_usec: 0)
            unsafe setsockopt(own, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            var room: CInt = 4 << 20
            unsafe setsockopt(own, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<CInt>.size))
            _ = unsafe Self.with(&address) { unsafe bind(own, $0, $1) }
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            _ = unsafe Self.with(&address) { pointer, _ in
                unsafe getsockname(own, UnsafeMutablePointer(mutating: pointer), &length)
            }
            self.number = own
            self.address = "127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
            guard let target, let port = UInt16(target.split(separator: ":")[1]) else { return }
            address.sin_port = port.bigEndian
            #expect(unsafe Self.with(&address) { unsafe connect(own, $0, $1) } == 0)
        }

        deinit { close(self.number) }

        private static func with(
            _ address: inout sockaddr_in,
            _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
        ) -> CInt {
            unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }

        func send(_ number: Int) {
            var number = number
            unsafe Glibc.send(self.number, &number, MemoryLayout<Int>.size, 0)
        }

        /// Answers what comes to whoever sent it.
        func echo() -> Int? {
            var number = 0
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let count = unsafe Self.with(&address) { pointer, _ in
                unsafe CInt(
                    recvfrom(
                        self.number,
                        &number,
                        MemoryLayout<Int>.size,
                        0,
                        UnsafeMutablePointer(mutating: pointer),
                        &length
                    )
                )
            }
            guard count > 0 else { return nil }
            _ = unsafe Self.with(&address) {
                unsafe CInt(sendto(self.number, &number, MemoryLayout<Int>.size, 0, $0, $1))
            }
            return number
        }

        func receive() -> Int? {
            var number = 0
            return unsafe recv(self.number, &number, MemoryLayout<Int>.size, 0) > 0 ? number : nil
        }
    }

    @Test func `A clear line passes everything both ways, and a cut one nothing`() throws {
        let far = try Peer()
        let link = try LossyLink(to: far.address)
        let near = try Peer(to: link.address)
        for number in 0..<100 {
            near.send(number)
            #expect(far.echo() == number)
            #expect(near.receive() == number)
        }
        link.cut()
        near.send(100)
        #expect(far.echo() == nil)
        link.mend()
        near.send(101)
        #expect(far.echo() == 101)
        #expect(link.counts.cut == 1)
        #expect(link.counts.lost == 0)
    }

    @Test func `The same seed loses, repeats and reorders the same`() throws {
        let weather = LossyLink.Weather(loss: 0.1, duplication: 0.1, reordering: 0.1, detour: .milliseconds(2))
        var runs: [Set<Int>] = []
        for _ in 0..<2 {
            let far = try Peer()
            let link = try LossyLink(to: far.address, weather, seed: 7)
            let near = try Peer(to: link.address)
            var received: [Int] = []
            for number in 0..<500 {
                near.send(number)
                // Not so fast that the kernel loses some as well.
                if number % 50 == 49 { while link.counts.passed + link.counts.lost <= number { sched_yield() } }
            }
            while received.count < link.counts.passed + link.counts.duplicated, let number = far.receive() {
                received.append(number)
            }
            let counts = link.counts
            #expect(counts.passed + counts.lost == 500)
            #expect((25...80).contains(counts.lost) && (25...80).contains(counts.duplicated))
            #expect(received.count == counts.passed + counts.duplicated)
            #expect(zip(received, received.dropFirst()).contains { $0 > $1 })
            runs.append(Set(received))
        }
        #expect(runs[0] == runs[1])
    }
}

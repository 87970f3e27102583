import Glibc
import Synchronization

/// Ports of UDP that nobody has, and that no other test takes, in this process or in another: what a test process takes it
/// leases from the machine, by the lock of a file for each block of them, until it ends.
///
/// They lie below those that the kernel gives to whoever asks for any.
package enum FreePorts {
    package struct None: Error {}

    private struct State {
        /// Of the blocks leased so far: ports that were not given out.
        var left: ArraySlice<UInt16> = []
        var blocks: Set<Int> = []
    }

    /// Ports of a block, all of which one process has.
    private static let blockSize = 256
    private static let blocks = 40..<124

    private static let state = Mutex(State())

    /// As many in a row, the first of them even.
    package static func take(_ count: Int) throws -> [UInt16] {
        precondition(count > 0 && count < Self.blockSize)
        return try Self.state.withLock { state in
            while true {
                while let first = state.left.first {
                    let ports = state.left.prefix(count)
                    guard ports.count == count else { break }
                    guard first % 2 == 0, ports.allSatisfy(Self.isFree) else {
                        state.left = state.left.dropFirst()
                        continue
                    }
                    state.left = state.left.dropFirst(count)
                    return Array(ports)
                }
                guard let block = Self.lease(besides: state.blocks) else { throw None() }
                state.blocks.insert(block)
                state.left = (0..<Self.blockSize).map { UInt16(block * Self.blockSize + $0) }[...]
            }
        }
    }

    /// For `listen.udp` of every relay and host that this process starts: they find free ones in it themselves.
    package static let range: String = (try? Self.take(200)).map { "\($0[0])-\($0[$0.count - 1])" } ?? "none free"

    private static func lease(besides held: Set<Int>) -> Int? {
        let folder = "/tmp/transponder-test-ports"
        _ = unsafe mkdir(folder, 0o777)
        return Self.blocks.shuffled().first { block in
            guard !held.contains(block) else { return false }
            let file = unsafe open("\(folder)/\(block)", O_CREAT | O_RDWR | O_CLOEXEC, 0o666)
            guard file >= 0 else { return false }
            // The kernel gives it back when the process has ended, however that was.
            if flock(file, LOCK_EX | LOCK_NB) == 0 { return true }
            close(file)
            return false
        }
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let number = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard number >= 0 else { return false }
        defer { close(number) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(number, $0, length) == 0 }
        }
    }
}

internal import CLinux

/// Where the datagrams of a few channels go, in the kernel's form.
@safe
package final class DatagramTargets: @unchecked Sendable {
    // @unchecked: written while it is made, and only read after.
    let targets: UnsafeMutablePointer<linux_target>
    private let count: Int

    /// One for each channel; nil for channels that go nowhere.
    package init(_ addresses: [InternetAddress?]) {
        self.count = max(addresses.count, 1)
        unsafe self.targets = .allocate(capacity: self.count)
        unsafe self.targets.initialize(repeating: linux_target(), count: self.count)
        for (channel, address) in addresses.enumerated() {
            guard let address else { continue }
            unsafe address.withKernelAddress { kernel, length in
                let size = min(Int(length), MemoryLayout<sockaddr_in6>.size)
                unsafe UnsafeMutableRawPointer(self.targets + channel).copyMemory(from: kernel, byteCount: size)
                unsafe self.targets[channel].length = socklen_t(size)
            }
        }
    }

    deinit {
        unsafe self.targets.deallocate()
    }

    /// Whether the channel goes anywhere.
    @inline(__always)
    package func has(_ channel: Int) -> Bool {
        guard channel < self.count else { return false }
        return unsafe self.targets[channel].length > 0
    }
}

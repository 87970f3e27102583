import NIOCore

/// What this machine is called by others on its network.
package enum LocalAddresses {
    /// IPv4 addresses of network cards, without loopback, link-local ones and those of container bridges.
    package static func reachable() -> [String] {
        let devices = (try? System.enumerateDevices()) ?? []
        let addresses = devices.compactMap { device -> String? in
            guard !self.isBridge(device.name), let address = device.address, case .v4 = address else { return nil }
            return address.ipAddress
        }
        return addresses.filter { !$0.hasPrefix("127.") && !$0.hasPrefix("169.254.") }
    }

    private static func isBridge(_ name: String) -> Bool {
        ["docker", "br-", "veth", "virbr", "cni", "podman", "lxc"].contains { name.hasPrefix($0) }
    }
}

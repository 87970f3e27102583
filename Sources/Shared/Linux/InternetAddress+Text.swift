internal import CLinux

extension InternetAddress: CustomStringConvertible, LosslessStringConvertible {
    /// `192.0.2.1:1935`, `[2001:db8::1]:8080`, `0.0.0.0:0`, `*:80` and `:80` (every IPv4 address), as in configurations.
    package init(parsing text: String) throws(InternetAddressError) {
        let (host, port) = try Self.split(text)
        guard let host = Host(host.isEmpty || host == "*" ? "0.0.0.0" : host) else { throw .hostInvalid(host) }
        self.init(host, port: port)
    }

    package init?(_ description: String) {
        guard let address = try? InternetAddress(parsing: description) else { return nil }
        self = address
    }

    /// The host (a name, an address, or empty) and the port of `host:port`.
    package static func split(_ text: String) throws(InternetAddressError) -> (host: String, port: UInt16) {
        guard let colon = text.lastIndex(of: ":") else { throw .portMissing(text) }
        var host = text[..<colon]
        if host.first == "[" {
            guard host.last == "]" else { throw .portMissing(text) }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw .portMissing(text)
        }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = UInt16(digits) else {
            throw .portInvalid(String(digits))
        }
        return (String(host), port)
    }

    /// The addresses of a host that may be a name. Asks the system's resolver, and waits for it.
    package static func resolve(_ host: String, port: UInt16) throws(InternetAddressError) -> [InternetAddress] {
        if let literal = Host(host) {
            return [InternetAddress(literal, port: port)]
        }
        var found: UnsafeMutablePointer<addrinfo>?
        let code = unsafe linux_resolve(host, &found)
        guard code == 0 else {
            throw .unresolved(host, reason: unsafe String(cString: gai_strerror(code)))
        }
        defer { unsafe freeaddrinfo(found) }
        var addresses: [InternetAddress] = []
        var next = unsafe found
        while let entry = unsafe next {
            if let address = unsafe entry.pointee.ai_addr,
                var read = unsafe InternetAddress(reading: address, length: entry.pointee.ai_addrlen)
            {
                read.port = port
                addresses.append(read)
            }
            unsafe next = entry.pointee.ai_next
        }
        return addresses
    }

    package var description: String {
        switch self.host {
        case .v4: "\(self.host):\(self.port)"
        case .v6: "[\(self.host)]:\(self.port)"
        }
    }
}

extension InternetAddress.Host: CustomStringConvertible {
    /// An address without a port; nil for anything else, names included.
    package init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if unsafe inet_pton(AF_INET, text, &four) == 1 {
            self = .v4(UInt32(bigEndian: four.s_addr))
        } else if unsafe inet_pton(AF_INET6, text, &six) == 1 {
            self = .init(six, scope: 0)
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .v4(let bits):
            return "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)"
        case .v6:
            var bytes = self.inet6
            return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
                guard let base = text.baseAddress,
                    unsafe inet_ntop(AF_INET6, &bytes, base, socklen_t(INET6_ADDRSTRLEN)) != nil
                else { return "?" }
                return unsafe String(cString: base)
            }
        }
    }
}

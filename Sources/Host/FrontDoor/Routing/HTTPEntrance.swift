package import Contract
import Web

/// Finds out from the first line of an HTTP request whom it is for (RFC 9112 section 3). The bytes stay where they are:
/// whoever gets the connection reads the request from its start.
package struct HTTPEntrance: Sendable {
    package enum Step: Hashable, Sendable {
        /// The line is not whole yet.
        case more
        /// The first component of the address could be a relay's name, and the address is not a page's.
        case relay(RelayName)
        /// A page's, or an address of no relay.
        case host
        case refuse(HTTPRefusal)
    }

    /// What of the request was taken from the socket by who had the connection before.
    package let taken: [UInt8]

    /// Whether the request asks for the head alone, as far as is known.
    package private(set) var isHead = false

    /// Longest method read; the longest there is has 17 letters.
    private static let methodLimit = 32

    package init(taken: [UInt8] = []) {
        self.taken = taken
    }

    /// Looks at all that the socket holds, from its first byte.
    package mutating func look(at waiting: ArraySlice<UInt8>) -> Step {
        if self.taken.isEmpty { return self.read(waiting) }
        return self.read(self.taken[...] + waiting)
    }

    private mutating func read(_ bytes: ArraySlice<UInt8>) -> Step {
        // Some old clients end a request's body with a line's end that is not of it (RFC 9112 section 2.2).
        let line = bytes.drop { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
        let method = line.prefix { $0 != UInt8(ascii: " ") }
        // Told from the first bytes, so that whoever speaks another protocol need not wait.
        guard method.count <= Self.methodLimit, method.allSatisfy(HTTPToken.isPart) else { return .refuse(.malformed) }
        self.isHead = method.elementsEqual("HEAD".utf8)
        guard let end = line.firstIndex(of: UInt8(ascii: "\n")) else {
            return bytes.count >= FrontDoorLimits.requestLine ? .refuse(.lineTooLong) : .more
        }
        guard bytes.distance(from: bytes.startIndex, to: end) < FrontDoorLimits.requestLine else {
            return .refuse(.lineTooLong)
        }
        let parts = line[..<end].split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, !parts[1].isEmpty, parts[2].starts(with: "HTTP/".utf8) else {
            return .refuse(.malformed)
        }
        guard let target = String(validating: parts[1], as: UTF8.self) else { return .host }
        // As relays read it.
        let components = HTTPTarget(target).components ?? []
        guard let relay = components.first.flatMap({ try? RelayName($0) }) else { return .host }
        let isPage = PageAddress(components)?.isAsked(by: String(decoding: method, as: UTF8.self)) ?? false
        return isPage ? .host : .relay(relay)
    }
}

internal import CLinux

/// Datagrams on their way to the kernel, all in one call: parts of memory, and messages made of them.
///
/// Parts stay where they are, so that messages to many can be made of the same.
@safe
package final class DatagramBatch {
    /// Messages of one call.
    package static let messageLimit = Int(LINUX_MESSAGES)

    /// Datagrams the kernel cuts one message into (UDP_MAX_SEGMENTS), and their bytes together.
    package static let segmentLimit = 64
    package static let byteLimit = 65_000

    /// Asked before the kernel is, with the socket and how many messages wait: what it answers is taken for the kernel's
    /// answer (see ``send(from:startingAt:)``), for kernels and lines that are not at hand in a test.
    package typealias Obstacle = @Sendable (_ socket: CInt, _ messages: Int) -> Int?

    private let obstacle: Obstacle?
    private let vectors: UnsafeMutablePointer<iovec>
    private let messages: UnsafeMutablePointer<linux_message>

    package let partLimit: Int
    package private(set) var parts = 0
    package private(set) var count = 0

    package init(parts limit: Int, obstacle: Obstacle? = nil) {
        self.obstacle = obstacle
        self.partLimit = max(limit, 1)
        unsafe self.vectors = .allocate(capacity: self.partLimit)
        unsafe self.vectors.initialize(repeating: iovec(), count: self.partLimit)
        unsafe self.messages = .allocate(capacity: Self.messageLimit)
        unsafe self.messages.initialize(repeating: linux_message(), count: Self.messageLimit)
    }

    deinit {
        unsafe self.vectors.deallocate()
        unsafe self.messages.deallocate()
    }

    /// Forgets the parts, and with them the messages.
    package func removeParts() {
        self.parts = 0
        self.count = 0
    }

    package func removeMessages() {
        self.count = 0
    }

    /// Adds a part of memory, which must stay until the last message with it was sent.
    @unsafe
    package func addPart(_ bytes: UnsafeRawPointer, count: Int) {
        precondition(self.parts < self.partLimit)
        unsafe self.vectors[self.parts] = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes), iov_len: count)
        self.parts += 1
    }

    /// Adds a message of parts that follow each other; with a segment size it is cut into datagrams of that size.
    package func addMessage(parts first: Int, count: Int, segment: Int) {
        precondition(self.count < Self.messageLimit && first + count <= self.parts)
        var bytes = 0
        for part in first..<first + count { bytes += unsafe self.vectors[part].iov_len }
        unsafe self.messages[self.count] = linux_message(
            vectors: self.vectors + first,
            bytes: bytes,
            count: UInt32(truncatingIfNeeded: count),
            segment: UInt16(truncatingIfNeeded: segment)
        )
        self.count += 1
    }

    /// How a socket cuts what is written on it.
    package struct Cutting: Sendable {
        /// Whether the kernel can cut at all, for this line.
        package var isPossible = true
        /// Into what size, 0 for not at all; negative: somebody else may have set it.
        var size: CInt = -1

        package init() {}
    }

    /// Gives the kernel the messages from one on, by a connected socket: how many it took, or the negative `errno` of the
    /// first.
    package func send(from socket: CInt, startingAt first: Int, cutting: inout Cutting) -> Int {
        precondition(first < self.count)
        if let answer = self.obstacle?(socket, self.count - first) { return answer }
        let sent = unsafe linux_send_messages(
            socket,
            self.messages + first,
            UInt32(truncatingIfNeeded: self.count - first),
            cutting.isPossible ? 1 : 0,
            &cutting.size
        )
        return sent >= 0 ? Int(sent) : -Int(linux_errno())
    }
}

extension LinuxError {
    /// The kernel's memory for what is to be sent is full.
    package static let noBuffers = CInt(ENOBUFS)
    package static let refused = CInt(ECONNREFUSED)

    /// What is answered where the address that a connected socket sends from is this machine's no more.
    package static func isOfSource(_ code: CInt) -> Bool { [EINVAL, EADDRNOTAVAIL].contains(code) }

    /// What kernels and drivers answer that do not cut datagrams for us, or not for this line.
    package static func isOfSegmentation(_ code: CInt) -> Bool {
        [EINVAL, EIO, EOPNOTSUPP, ENOPROTOOPT, EMSGSIZE].contains(code)
    }
}

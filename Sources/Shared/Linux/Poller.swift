internal import CLinux

/// A set of descriptors and what is awaited of each (epoll(7)), with room for the events of one wait.
///
/// Used by one thread; only ``add(_:token:for:)`` and its like may be called from others.
@safe
package struct Poller: ~Copyable, @unchecked Sendable {
    // @unchecked: the event array belongs to the thread that waits; everything else is the kernel's.
    package struct Readiness: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32

        @inlinable
        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        package static let readable = Readiness(rawValue: 0x001)
        package static let writable = Readiness(rawValue: 0x004)
        /// Reported whether asked for or not.
        package static let failed = Readiness(rawValue: 0x008)
        /// Both directions are shut down. Reported whether asked for or not.
        package static let hungUp = Readiness(rawValue: 0x010)
        /// The peer will send no more.
        package static let peerClosed = Readiness(rawValue: 0x2000)
        /// Report once, and nothing more until it is asked for again.
        package static let once = Readiness(rawValue: 1 << 30)
        /// Report changes, not states.
        package static let edgeTriggered = Readiness(rawValue: 1 << 31)
    }

    package struct Event: Sendable {
        /// What ``add(_:token:for:)`` was given.
        package var token: UInt64
        package var readiness: Readiness

        @inlinable
        package init(token: UInt64, readiness: Readiness) {
            self.token = token
            self.readiness = readiness
        }
    }

    package let descriptor: OwnedDescriptor
    private let events: UnsafeMutablePointer<epoll_event>
    private let capacity: Int
    private var count = 0

    private init(descriptor: consuming OwnedDescriptor, capacity: Int) {
        self.descriptor = descriptor
        unsafe self.events = .allocate(capacity: capacity)
        self.capacity = capacity
        unsafe self.events.initialize(repeating: epoll_event(), count: capacity)
    }

    deinit {
        unsafe self.events.deallocate()
    }

    /// A set that reports at most `capacity` events a wait; the others come with the next.
    package static func make(capacity: Int = 256) throws(LinuxError) -> Poller {
        precondition(capacity > 0)
        let number = try LinuxError.check(linux_epoll_make(), "epoll_create1")
        return Poller(descriptor: OwnedDescriptor(takingOwnership: number), capacity: capacity)
    }

    package func add(_ target: borrowing OwnedDescriptor, token: UInt64, for wanted: Readiness) throws(LinuxError) {
        try self.add(number: target.number, token: token, for: wanted)
    }

    package func change(_ target: borrowing OwnedDescriptor, token: UInt64, for wanted: Readiness) throws(LinuxError) {
        try self.change(number: target.number, token: token, for: wanted)
    }

    package func remove(_ target: borrowing OwnedDescriptor) throws(LinuxError) {
        try self.remove(number: target.number)
    }

    package func add(number: CInt, token: UInt64, for wanted: Readiness) throws(LinuxError) {
        try self.control(EPOLL_CTL_ADD, number, token, wanted)
    }

    package func change(number: CInt, token: UInt64, for wanted: Readiness) throws(LinuxError) {
        try self.control(EPOLL_CTL_MOD, number, token, wanted)
    }

    package func remove(number: CInt) throws(LinuxError) {
        try self.control(EPOLL_CTL_DEL, number, 0, [])
    }

    private func control(
        _ operation: CInt,
        _ target: CInt,
        _ token: UInt64,
        _ wanted: Readiness
    ) throws(LinuxError) {
        let result = linux_epoll_control(self.descriptor.number, operation, target, wanted.rawValue, token)
        try LinuxError.check(result, "epoll_ctl")
    }

    /// Waits for events and says how many there are; read them by subscript until the next wait.
    ///
    /// A timeout of nil waits for ever. A signal ends the wait early with no events.
    package mutating func wait(for timeout: Duration?) throws(LinuxError) -> Int {
        try self.wait(nanoseconds: timeout.map { max($0.nanoseconds, 0) } ?? -1)
    }

    /// As ``wait(for:)``; negative waits for ever.
    package mutating func wait(nanoseconds: Int64) throws(LinuxError) -> Int {
        self.count = 0
        let count = unsafe linux_epoll_wait(
            self.descriptor.number,
            self.events,
            CInt(truncatingIfNeeded: self.capacity),
            nanoseconds
        )
        guard count >= 0 else {
            let error = LinuxError.last("epoll_pwait2")
            guard error.code == EINTR else { throw error }
            return 0
        }
        self.count = Int(count)
        return self.count
    }

    package subscript(index: Int) -> Event {
        precondition(index >= 0 && index < self.count)
        let event = unsafe self.events + index
        return unsafe Event(
            token: linux_epoll_token(event),
            readiness: Readiness(rawValue: linux_epoll_flags(event))
        )
    }
}

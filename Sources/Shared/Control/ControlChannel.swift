package import Contract
import FoundationEssentials
package import Linux

/// One end of the socket between a host and a relay it started: messages, bytes and sockets in both directions, in order.
package final class ControlChannel<Outgoing: Encodable & Sendable, Incoming: Decodable & Sendable>: Sendable {
    /// A message, with what came beside it. A descriptor that nobody takes is closed with it.
    package struct Received: ~Copyable, Sendable {
        package let message: Incoming
        package let payload: [UInt8]
        private let held: HeldDescriptor?

        fileprivate init(message: Incoming, payload: [UInt8], held: HeldDescriptor?) {
            self.message = message
            self.payload = payload
            self.held = held
        }

        /// Whether one was sent. It may be lost: a process that may open no more files cannot take it.
        package var hasDescriptor: Bool { self.held != nil }

        /// The descriptor, once: whoever takes it closes it. Nil where none was sent, and where it is lost.
        package func takeDescriptor() -> OwnedDescriptor? { self.held?.take() }

        /// The same for who shares it.
        package func takeHeld() -> HeldDescriptor? {
            switch self.takeDescriptor() {
            case .some(let descriptor): HeldDescriptor(descriptor)
            case .none: nil
            }
        }
    }

    private let pump: ControlPump

    /// Takes the socket over and starts to deliver, on a thread of its own with that name.
    ///
    /// `onEnd` is called once, on that thread and after the last message, whoever ended the channel. The channel ends when
    /// it is let go of, too.
    package init(
        _ descriptor: consuming OwnedDescriptor,
        name: String,
        limits: ChannelLimits,
        onMessage: @escaping @Sendable (consuming Received) -> Void,
        onEnd: @escaping @Sendable (ControlError) -> Void
    ) throws(LinuxError) {
        let pump = try ControlPump(descriptor, limits: limits)
        self.pump = pump
        _ = try WorkerThread(name: name) {
            let ending = pump.run { (frame) throws(ControlError) in
                onMessage(
                    Received(
                        message: try Self.decode(frame.message),
                        payload: frame.payload,
                        held: frame.descriptor
                    )
                )
            }
            onEnd(ending)
        }
    }

    deinit {
        self.pump.close()
    }

    /// Sends a message, with bytes and a descriptor beside it, from any thread. Never waits: what the kernel does not take
    /// now is kept within the limit. The descriptor is closed here once it is on its way, or when the message is refused.
    package func send(
        _ message: Outgoing,
        payload: [UInt8] = [],
        descriptor: consuming OwnedDescriptor? = nil
    ) throws(ControlError) {
        let held: HeldDescriptor? =
            switch consume descriptor {
            case .some(let descriptor): HeldDescriptor(descriptor)
            case .none: nil
            }
        let frame = try Self.frame(message, payload: payload, descriptors: held == nil ? 0 : 1)
        try self.pump.send(frame, descriptor: held)
    }

    /// Sends a message with a descriptor that others hold, too, and costs the process no other one. It may wait beyond the
    /// limit of what waits, which is for what a peer can make more and more of: so many messages are sent at once here as
    /// there are things held.
    package func send(_ message: Outgoing, sharing held: HeldDescriptor) throws(ControlError) {
        let frame = try Self.frame(message, payload: [], descriptors: 1)
        try self.pump.send(frame, descriptor: held, isLimited: false)
    }

    private static func frame(
        _ message: Outgoing,
        payload: [UInt8],
        descriptors: Int
    ) throws(ControlError) -> [UInt8] {
        let text = try Self.encode(message)
        guard text.count <= ControlLimits.message else {
            throw .overLimit(.message, size: text.count, limit: ControlLimits.message)
        }
        guard payload.count <= ControlLimits.payload else {
            throw .overLimit(.payload, size: payload.count, limit: ControlLimits.payload)
        }
        return FrameEncoder.encode(message: text, payload: payload, descriptors: descriptors)
    }

    /// Ends the channel: what waits is not sent any more, and what has arrived is not delivered. From any thread.
    package func close() {
        self.pump.close()
    }

    private static func encode(_ message: Outgoing) throws(ControlError) -> [UInt8] {
        do {
            return Array(try JSONEncoder().encode(message))
        } catch {
            throw .unencodable(reason: "\(error)")
        }
    }

    private static func decode(_ bytes: [UInt8]) throws(ControlError) -> Incoming {
        do {
            return try JSONDecoder().decode(Incoming.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw Self.undecodable(error)
        } catch {
            // A value that its own type refuses says why in a sentence of its own.
            throw .undecodable(path: "message", reason: "\(error)")
        }
    }

    private static func undecodable(_ error: DecodingError) -> ControlError {
        let context =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
                .dataCorrupted(let context):
                context
            @unknown default: DecodingError.Context(codingPath: [], debugDescription: "it cannot be decoded")
            }
        let path = (["message"] + context.codingPath.map(\.stringValue)).joined(separator: ".")
        return .undecodable(path: String(path.prefix(200)), reason: String(context.debugDescription.prefix(200)))
    }
}

package typealias HostSideChannel = ControlChannel<HostMessage, RelayMessage>
package typealias RelaySideChannel = ControlChannel<RelayMessage, HostMessage>

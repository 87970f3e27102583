/// What a relay may use, whatever its publishers and viewers do.
package struct LimitsSpec: Hashable, Sendable {
    /// Viewers of all its streams together.
    package let viewers: Int

    /// Streams on air or waiting for their source to come back.
    package let streams: Int

    /// Connections of each protocol that have neither published nor played yet.
    package let undecided: Int

    /// Of ``undecided``, places that are kept for the machine itself.
    package let reserved: Int

    /// Bytes the container may use, tapes included.
    package let memory: Int

    /// Processor cores the container may use.
    package let cpu: Double

    /// Bytes of the kernel's send buffer of each viewer's socket.
    package let sendBuffer: Int

    /// Bytes that a tape grows to at most for the sake of the seconds it is meant to hold. A stream has one of packets and
    /// one of each wire format somebody plays; each begins small.
    package let tape: Int

    /// Bytes of one picture or sound; a larger one is left out, and its stream's health says so.
    package let frame: Int

    /// What a stream is expected to send, picture and sound together, bit/s. It is computed with and not enforced.
    package let bitrate: Int

    package static let viewersBounds = 1...100_000
    package static let streamsBounds = 1...256
    package static let undecidedBounds = 1...10_000
    package static let reservedBounds = 0...1000
    package static let memoryBounds = (32 << 20)...(1 << 40)
    package static let cpuBounds = 0.05...256.0
    package static let sendBufferBounds = (16 << 10)...(16 << 20)
    package static let tapeBounds = (1 << 20)...(4 << 30)
    /// RTMP has no larger messages than 16 MiB, headers included.
    package static let frameBounds = (64 << 10)...(15 << 20)

    package static let bitrateBounds = 32_000...400_000_000

    package static let standard = LimitsSpec()

    private init() {
        self.viewers = 1000
        self.streams = 8
        self.undecided = 1024
        self.reserved = 32
        self.memory = 1280 << 20
        self.cpu = 1
        self.sendBuffer = 256 << 10
        self.tape = 64 << 20
        self.frame = 8 << 20
        self.bitrate = 4_000_000
    }

    /// What ``tape`` is where it is not said: 64 MiB, or a quarter of less memory than that allows.
    package static func standardTape(memory: Int) -> Int { min(Self.standard.tape, memory / 4) }

    package init(
        viewers: Int = Self.standard.viewers,
        streams: Int = Self.standard.streams,
        undecided: Int = Self.standard.undecided,
        reserved: Int = Self.standard.reserved,
        memory: Int = Self.standard.memory,
        cpu: Double = Self.standard.cpu,
        sendBuffer: Int = Self.standard.sendBuffer,
        tape: Int? = nil,
        frame: Int = Self.standard.frame,
        bitrate: Int = Self.standard.bitrate
    ) throws(SpecError) {
        try SpecError.check(viewers, in: Self.viewersBounds, "limits", "viewers")
        try SpecError.check(streams, in: Self.streamsBounds, "limits", "streams")
        try SpecError.check(undecided, in: Self.undecidedBounds, "limits", "undecided")
        try SpecError.check(reserved, in: Self.reservedBounds, "limits", "reserved")
        try SpecError.check(memory, in: Self.memoryBounds, "limits", "memory")
        try SpecError.check(cpu, in: Self.cpuBounds, "limits", "cpu")
        try SpecError.check(sendBuffer, in: Self.sendBufferBounds, "limits", "send_buffer")
        try SpecError.check(frame, in: Self.frameBounds, "limits", "frame")
        try SpecError.check(bitrate, in: Self.bitrateBounds, "limits", "bitrate")
        let tape = tape ?? Self.standardTape(memory: memory)
        try SpecError.check(tape, in: Self.tapeBounds, "limits", "tape")
        guard tape <= memory / 4 else {
            throw SpecError(
                "limits",
                "tape",
                sentence: "a tape of \(tape) bytes is too large for a memory of \(memory): at most a quarter of it."
            )
        }
        self.viewers = viewers
        self.streams = streams
        self.undecided = undecided
        self.reserved = reserved
        self.memory = memory
        self.cpu = cpu
        self.sendBuffer = sendBuffer
        self.tape = tape
        self.frame = frame
        self.bitrate = bitrate
    }
}

extension LimitsSpec: Codable {
    private enum CodingKeys: CodingKey {
        case viewers, streams, undecided, reserved, memory, cpu, sendBuffer, tape, frame, bitrate
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            viewers: values.decode(Int.self, forKey: .viewers),
            streams: values.decode(Int.self, forKey: .streams),
            undecided: values.decode(Int.self, forKey: .undecided),
            reserved: values.decode(Int.self, forKey: .reserved),
            memory: values.decode(Int.self, forKey: .memory),
            cpu: values.decode(Double.self, forKey: .cpu),
            sendBuffer: values.decode(Int.self, forKey: .sendBuffer),
            tape: values.decode(Int.self, forKey: .tape),
            frame: values.decode(Int.self, forKey: .frame),
            bitrate: values.decode(Int.self, forKey: .bitrate)
        )
    }
}

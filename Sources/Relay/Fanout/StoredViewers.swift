package import Linux
package import NIOCore

/// The table of viewers of an engine thread whose process is dead, for reading who they were and where. It may have been
/// written by anybody: what cannot be true is taken for lost.
@safe
package final class StoredViewers: @unchecked Sendable {
    // @unchecked: nobody writes the memory any more.
    private let memory: SharedMemory
    private let layout: ViewerTableLayout

    /// - Returns: nil where the memory is no table of this version.
    package init?(attaching file: consuming OwnedDescriptor) {
        guard let memory = try? SharedMemory.attach(file),
            let layout = unsafe ViewerTableLayout(reading: memory.base, size: memory.size)
        else { return nil }
        self.layout = layout
        self.memory = memory
    }

    /// How a viewer stood when its process died.
    package struct Standing: Sendable {
        /// What was noted of who it is.
        package let card: [UInt8]
        /// Bytes that it was owed beside the tape and has not been sent.
        package let owed: ByteBuffer
        /// Absolute offset on its tape behind the last byte that it was sent; nil where it waited for a place to begin.
        package let offset: UInt64?
        /// The join that it was last placed at; the largest number where it never was.
        package let joined: UInt64
        package let isPaused: Bool
        package let isClosing: Bool
        /// ``Preamble/fingerprint`` of the preamble that it was placed with; 0 where it never had a place.
        package let preamble: UInt64
        /// Bytes that it was sent, and how often it was moved forward.
        package let sent: UInt64
        package let skips: UInt64
        /// ``ViewerDialogue/checkpoint`` behind all that the viewer has said; nil where some of it is lost.
        package let dialogue: ByteBuffer?
    }

    /// Where the viewer is by what the kernel was given for it, `given`, and what it has given of what the viewer said, `taken`; nil
    /// where that cannot be told.
    package func standing(of place: ViewerPlace, given: UInt64, taken: UInt64? = nil) -> Standing? {
        let slot = place.slot
        guard slot >= 0, slot < self.layout.journals else { return nil }
        let state = unsafe (self.memory.base + self.layout.states + slot * MemoryLayout<ViewerState>.stride)
            .load(as: ViewerState.self)
        guard state.generation == UInt64(place.generation), state.anchor > 0, let card = self.card(of: slot) else {
            return nil
        }
        let turn = Int(state.anchor % 2)
        let anchor = unsafe (self.memory.base + self.layout.anchor(turn, of: slot)).load(as: ViewerAnchor.self)
        let sent = given &- state.given
        // Whatever was sent since the anchor: first what it was owed, then the tape.
        let since = sent &- anchor.sent
        guard anchor.isBeyondRoom == 0, sent >= anchor.sent, since < 1 << 48, anchor.cursor < 1 << 62,
            Int(anchor.owed) <= ViewerTableLayout.owedSize
        else { return nil }
        let flags = ViewerState.Flags(rawValue: anchor.flags)
        let isWithoutPlace = flags.contains(.waiting)
        let owed = UInt64(anchor.owed)
        if isWithoutPlace, since > owed { return nil }
        return Standing(
            card: card,
            owed: self.owed(turn, of: slot, from: Int(min(since, owed)), to: Int(owed)),
            offset: isWithoutPlace ? nil : anchor.cursor + (since - min(since, owed)),
            joined: state.joined,
            isPaused: flags.contains(.paused),
            isClosing: flags.contains(.closing),
            preamble: state.preamble,
            sent: sent,
            skips: state.skips,
            dialogue: taken.flatMap { self.dialogue(of: slot, behind: card.count, taken: $0) }
        )
    }

    /// What was noted last of those two that are whole, if nothing was read of the connection after that.
    private func dialogue(of slot: Int, behind card: Int, taken: UInt64) -> ByteBuffer? {
        var newest: (number: UInt64, taken: UInt64, bytes: ByteBuffer)?
        for turn in 0..<2 as Range<UInt64> {
            guard let place = self.layout.dialogue(turn, of: slot, behind: card) else { continue }
            let start = unsafe self.memory.base + place.lowerBound
            let head = unsafe start.load(as: IntakeCheckpointHead.self)
            guard head.number > newest?.number ?? 0, head.number % 2 == turn, let count = Int(exactly: head.count),
                count <= place.count - IntakeLayout.checkpointHead
            else { continue }
            // A copy: nobody changes it between the look and the use.
            let bytes = unsafe ByteBuffer(
                bytes: UnsafeRawBufferPointer(start: start + IntakeLayout.checkpointHead, count: count)
            )
            guard unsafe bytes.withUnsafeReadableBytes({ unsafe head.sum(over: $0) == head.checksum }) else { continue }
            newest = (head.number, head.offset, bytes)
        }
        guard let newest, newest.taken == taken else { return nil }
        return newest.bytes
    }

    /// How a viewer stood that was sent datagrams.
    package struct DatagramStanding: Sendable {
        /// What was noted of who it is.
        package let card: [UInt8]
        package let place: ViewerContinuation.Place
        package let sequence: UInt16
        /// Bytes that it was sent, and how often it was moved forward.
        package let sent: UInt64
        package let skips: UInt64
    }

    /// All of those that survive.
    package var datagrams: [DatagramStanding] {
        var found: [DatagramStanding] = []
        for slot in 0..<self.layout.journals {
            let state = unsafe (self.memory.base + self.layout.states + slot * MemoryLayout<ViewerState>.stride)
                .load(as: ViewerState.self)
            // Places are taken in their order: nobody has ever had the next ones.
            guard state.limit != 0 else { break }
            guard state.generation != 0, state.socket == -1, state.anchor == 1, state.given != 0,
                let card = self.card(of: slot)
            else { continue }
            let mark = DatagramMark(word: state.given)
            let place = ViewerContinuation.Place(offset: mark.offset, joined: min(state.joined, mark.offset))
            found.append(
                DatagramStanding(
                    card: card,
                    place: place,
                    sequence: mark.sequence,
                    sent: min(state.sent, Self.mostSent),
                    skips: min(state.skips, Self.mostSent)
                )
            )
        }
        return found
    }

    /// Nobody was sent so much; more would not add up with what comes.
    private static let mostSent: UInt64 = 1 << 60

    private func card(of slot: Int) -> [UInt8]? {
        let start = unsafe self.memory.base + self.layout.card(of: slot)
        let room = ViewerTableLayout.cardSize - MemoryLayout<UInt64>.size
        guard let count = Int(exactly: unsafe start.load(as: UInt64.self)), count > 0, count <= room else { return nil }
        return unsafe Array(UnsafeRawBufferPointer(start: start + MemoryLayout<UInt64>.size, count: count))
    }

    private func owed(_ turn: Int, of slot: Int, from start: Int, to end: Int) -> ByteBuffer {
        let base = unsafe self.memory.base + self.layout.owed(turn, of: slot)
        return unsafe ByteBuffer(bytes: UnsafeRawBufferPointer(start: base + start, count: end - start))
    }
}

/// A viewer's place in a table of viewers.
package struct ViewerPlace: Hashable, Sendable, Codable {
    package let thread: Int
    package let slot: Int
    package let generation: UInt32

    init(_ id: ViewerID) {
        self.thread = id.thread
        self.slot = id.slot
        self.generation = id.generation
    }
}

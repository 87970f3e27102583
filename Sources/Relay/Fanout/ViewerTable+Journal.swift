internal import Linux
internal import NIOCore

/// What a successor must know of a viewer: noted whenever something happens to it that is not plain sending.
///
/// The newest anchor counts from the moment its number is stored, which is after all that it speaks of: a process that dies in
/// between leaves the one before, which is still true, for nothing was sent meanwhile.
extension ViewerTable {
    func hasJournal(_ slot: Int) -> Bool { slot < self.layout.journals }

    /// Notes who the viewer is.
    ///
    /// - Returns: false if that is too long.
    func setCard(_ card: [UInt8], of slot: Int) -> Bool {
        guard self.hasJournal(slot), card.count <= ViewerTableLayout.cardSize - MemoryLayout<UInt64>.size else {
            return false
        }
        let start = unsafe self.memory.base + self.layout.card(of: slot)
        for turn in 0..<2 {
            guard let place = self.layout.dialogue(UInt64(turn), of: slot, behind: card.count) else { continue }
            // Of whoever had the slot before.
            unsafe SharedWord(at: self.memory.base + place.lowerBound).store(0)
        }
        unsafe start.storeBytes(of: UInt64(card.count), as: UInt64.self)
        unsafe (start + MemoryLayout<UInt64>.size).copyMemory(from: card, byteCount: card.count)
        return true
    }

    /// Notes where the dialogue with the viewer stands, of whose connection so many bytes were read. What is too long is not noted,
    /// and what was noted before counts no more.
    func noteDialogue(_ checkpoint: ByteBuffer, number: UInt64, taken: UInt64, of slot: Int) {
        guard self.hasJournal(slot) else { return }
        let card = unsafe (self.memory.base + self.layout.card(of: slot)).load(as: UInt64.self)
        guard let place = self.layout.dialogue(number, of: slot, behind: Int(clamping: card)),
            checkpoint.readableBytes <= place.count - IntakeLayout.checkpointHead
        else { return }
        let start = unsafe self.memory.base + place.lowerBound
        var head = IntakeCheckpointHead(
            number: number,
            offset: taken,
            replied: 0,
            count: UInt64(checkpoint.readableBytes),
            checksum: 0
        )
        unsafe checkpoint.withUnsafeReadableBytes { bytes in
            unsafe head.checksum = head.sum(over: bytes)
            // Until its words are there again, the one before is the newest.
            unsafe SharedWord(at: start).store(0)
            if let base = bytes.baseAddress {
                unsafe (start + IntakeLayout.checkpointHead).copyMemory(from: base, byteCount: bytes.count)
            }
        }
        unsafe start.storeBytes(of: head, as: IntakeCheckpointHead.self)
    }

    /// Notes where the viewer is, and what it is owed before the tape goes on.
    func note(_ owed: ByteBuffer, of slot: Int) {
        let state = unsafe self.states + slot
        let number = unsafe state.pointee.anchor + 1
        let turn = Int(number % 2)
        let isBeyondRoom = owed.readableBytes > ViewerTableLayout.owedSize
        if !isBeyondRoom, owed.readableBytes > 0 {
            unsafe owed.withUnsafeReadableBytes { bytes in
                guard let source = bytes.baseAddress else { return }
                unsafe (self.memory.base + self.layout.owed(turn, of: slot)).copyMemory(
                    from: source,
                    byteCount: bytes.count
                )
            }
        }
        let anchor = unsafe ViewerAnchor(
            cursor: state.pointee.cursor,
            sent: state.pointee.sent,
            owed: UInt32(clamping: owed.readableBytes),
            flags: state.pointee.flags.rawValue,
            isBeyondRoom: isBeyondRoom ? 1 : 0
        )
        unsafe (self.memory.base + self.layout.anchor(turn, of: slot)).storeBytes(of: anchor, as: ViewerAnchor.self)
        self.anchorWord(slot).store(number)
    }

    /// The viewer has been sent all that it was owed: the memory of it goes back.
    func forgetOwed(of slot: Int) {
        guard self.hasJournal(slot) else { return }
        let start = self.layout.owed(0, of: slot)
        self.memory.release(start..<start + 2 * ViewerTableLayout.owedSize)
    }

    func anchorWord(_ slot: Int) -> SharedWord {
        guard let offset = MemoryLayout<ViewerState>.offset(of: \.anchor) else { preconditionFailure("a stored field") }
        return unsafe SharedWord(at: UnsafeMutableRawPointer(self.states + slot) + offset)
    }
}

internal import Linux

/// The viewers of one engine thread, in memory that never moves, that another process can go on from, and that is taken from
/// the system as it is first used.
@safe
final class ViewerTable: @unchecked Sendable {
    // @unchecked: the thread alone writes; others read single words, atomically.
    let memory: SharedMemory
    let layout: ViewerTableLayout
    let states: UnsafeMutablePointer<ViewerState>

    var capacity: Int { self.layout.capacity }

    init(capacity: Int, journals: Int = 0) throws(LinuxError) {
        self.layout = ViewerTableLayout(
            capacity: min(max(capacity, 1), ViewerID.maximumSlots),
            journals: min(max(journals, 0), ViewerTableLayout.mostJournals)
        )
        self.memory = try SharedMemory.make(name: "viewers", size: self.layout.size)
        unsafe self.states = (self.memory.base + self.layout.states).bindMemory(
            to: ViewerState.self,
            capacity: self.layout.capacity
        )
        unsafe self.layout.write(to: self.memory.base)
    }

    private func word(_ slot: Int, _ field: PartialKeyPath<ViewerState>) -> SharedWord {
        guard let offset = MemoryLayout<ViewerState>.offset(of: field) else { preconditionFailure("a stored field") }
        return unsafe SharedWord(at: UnsafeMutableRawPointer(self.states + slot) + offset)
    }

    /// From any thread; nil when the viewer is no more.
    func statistics(of slot: Int, generation: UInt32) -> ViewerStatistics? {
        guard slot < self.capacity, self.word(slot, \.generation).load() == UInt64(generation) else { return nil }
        var statistics = ViewerStatistics()
        statistics.bytesSent = self.word(slot, \.sent).load()
        statistics.sends = self.word(slot, \.sends).load()
        statistics.skips = self.word(slot, \.skips).load()
        statistics.skippedBytes = self.word(slot, \.skippedBytes).load()
        statistics.skippedRecords = self.word(slot, \.skippedRecords).load()
        statistics.lostDatagrams = self.word(slot, \.lost).load()
        let joined = self.word(slot, \.joined).load()
        statistics.offset = joined == .max ? nil : self.word(slot, \.cursor).load()
        return self.word(slot, \.generation).load() == UInt64(generation) ? statistics : nil
    }

    /// The thread, when the place is taken or given back (0).
    func setGeneration(_ generation: UInt64, of slot: Int) {
        self.word(slot, \.generation).store(generation)
    }
}

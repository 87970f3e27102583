package import Contract
package import Linux
package import Tape

/// Has somebody else hold the memory of tapes, who gives it to whoever follows when this process dies. Called from any
/// thread, some with locks held; it must not block.
package protocol TapeKeeper: Sendable {
    /// The memory is to outlive this process.
    ///
    /// - Returns: a number for ``forget(_:)``; nil if it cannot be.
    func keep(_ memory: consuming OwnedDescriptor, of tape: KeptTape) -> UInt64?

    /// The tape is given up.
    func forget(_ number: UInt64)
}

/// Which of a relay's tapes one is.
package enum KeptTape: Hashable, Sendable, Codable {
    case packets(StreamName)
    case wire(StreamName, format: String, variant: UInt32)
}

/// Has a tape outlive the process for as long as this is held.
package final class TapeKeep: Sendable {
    package let number: UInt64
    private let keeper: any TapeKeeper

    /// A tape that is kept already.
    package init(_ number: UInt64, by keeper: any TapeKeeper) {
        self.number = number
        self.keeper = keeper
    }

    /// Nil where it cannot be.
    convenience init?(
        _ tape: KeptTape,
        _ memory: () throws(LinuxError) -> OwnedDescriptor,
        by keeper: (any TapeKeeper)?
    ) {
        guard let keeper, let memory = try? memory(), let number = keeper.keep(memory, of: tape) else { return nil }
        self.init(number, by: keeper)
    }

    deinit {
        self.keeper.forget(self.number)
    }
}

/// A stream's own tape whose writer is dead.
package struct StoredTape: Sendable {
    package let tape: PacketTape
    package let resumption: TapeResumption
    package let keep: TapeKeep

    init(_ tape: PacketTape, _ resumption: TapeResumption, _ keep: TapeKeep) {
        self.tape = tape
        self.resumption = resumption
        self.keep = keep
    }
}

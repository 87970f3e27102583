import Capacity
package import Contract
package import Linux
import Logging
package import Tape

extension StreamHub {
    /// Goes on with a stream of a process that is dead: its tape is written on, on the same clock.
    ///
    /// - Parameters:
    ///   - name: the stream's.
    ///   - memory: of its tape.
    ///   - number: of the keeper of that.
    ///   - now: the time.
    /// - Returns: false if it begins anew instead: what is on the tape cannot be true, or the configuration does not name it.
    package func restore(
        _ name: StreamName,
        _ memory: consuming OwnedDescriptor,
        keptAs number: UInt64,
        now: Now
    ) -> Bool {
        guard let keeper = self.keeper else { return false }
        let keep = TapeKeep(number, by: keeper)
        guard self.spec.declaration(of: name) != nil, let stored = self.attach(memory, keep) else { return false }
        return self.add(name, stored, now: now)
    }

    /// Answers for memory that is not a tape's, and is given back when the answer is let go of; nil where there is not so much.
    package func answer(for bytes: Int) -> (any Sendable)? {
        let account = self.budget.account()
        return account.resize(to: bytes, for: .span) ? account : nil
    }

    /// The same for memory that is in use already, whether there is room for it or not.
    package func answer(forUseOf bytes: Int) -> any Sendable {
        let account = self.budget.account()
        _ = account.resize(to: bytes, for: .inherited)
        return account
    }

    /// Goes on with a wire format of a stream that was restored: its tape is written on, and viewers' places on it stay what
    /// they are.
    ///
    /// - Parameters:
    ///   - format: which.
    ///   - name: the stream's.
    ///   - memory: of the format's tape.
    ///   - number: of the keeper of that.
    ///   - now: the time.
    /// - Returns: false where that cannot be; then the format is muxed anew when somebody wants it.
    package func resume(
        _ format: WireFormat,
        of name: StreamName,
        _ memory: HeldDescriptor,
        keptAs number: UInt64,
        now: Now
    ) -> Bool {
        guard let stream = self.existing(name) else { return false }
        return memory.lend { stream.outputs.resume(format, $0, keptAs: number, now: now) } ?? false
    }

    /// The tape of a wire format that outlives the process under that number; nil where none is muxed.
    package func wireTape(keptAs number: UInt64) -> WireTape? {
        for stream in self.all {
            if let output = stream.outputs.all.first(where: { $0.keep?.number == number }) { return output.tape }
        }
        return nil
    }

    private func attach(_ memory: consuming OwnedDescriptor, _ keep: TapeKeep) -> StoredTape? {
        let spec = self.spec
        let span = TapePlan.packets(segment: spec.hls.segment.microseconds)
        do {
            let (tape, resumption) = try PacketTape.attach(
                memory,
                retention: .packets(spec.limits, self.budget),
                span: span
            )
            return StoredTape(tape, resumption, keep)
        } catch {
            self.log.error("a stream's tape cannot be gone on with", metadata: ["reason": "\(error)"])
            return nil
        }
    }
}

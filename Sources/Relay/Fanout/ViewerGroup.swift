internal import Tape

/// Viewers of one tape that are looked after together.
protocol TapeGroup: AnyObject {
    var tape: WireTape { get }
    var sendDeadline: SendDeadline { get }
    /// Until when nothing can be due, whatever appears: the last pass plus the budget. The thread sleeps so long
    /// without asking to be woken, so that a steady stream's writer makes no system calls. `.max` once it asked.
    var quietUntil: Int64 { get set }
}

/// The viewers of one tape with one latency budget on one thread. They are sent to in one pass.
final class ViewerGroup: TapeGroup {
    let tape: WireTape
    let window: WireWindow
    let sendDeadline: SendDeadline

    /// Slots of the thread's table.
    private(set) var members: ContiguousArray<UInt32> = []

    /// ``WireTape/barrierCount`` that the members' limits account for.
    var barrierCount: UInt64 = 0

    var quietUntil = Int64.max

    init(tape: WireTape, tick: Duration, signal: TapeSignal) {
        self.tape = tape
        self.window = tape.window
        self.sendDeadline = SendDeadline(tick: tick, signal: signal)
        self.barrierCount = tape.barrierCount
        tape.attach(self.sendDeadline)
    }

    func detach() {
        self.tape.detach(self.sendDeadline)
    }

    /// Adds a slot and says its index.
    func add(_ slot: Int) -> Int {
        self.members.append(UInt32(truncatingIfNeeded: slot))
        return self.members.count - 1
    }

    /// Removes the member at an index and says which slot took its place, if one did.
    func remove(at index: Int) -> Int? {
        let last = self.members.removeLast()
        guard index < self.members.count else { return nil }
        self.members[index] = last
        return Int(last)
    }
}

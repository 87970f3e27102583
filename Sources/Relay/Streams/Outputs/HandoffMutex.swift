import Synchronization

/// State that has work to do whenever somebody asks for it.
package protocol HandoffState {
    associatedtype Request: OptionSet & Sendable where Request.RawValue == UInt64
    /// What whoever did the work has to see to when the lock is free again.
    associatedtype Report: Sendable

    /// Does what was asked for since the last time.
    mutating func perform(_ requests: Request) -> Report
}

/// A mutex whose holder does the work that others ask for meanwhile, so that those who ask never wait.
///
/// A publisher asks: ``request(_:)`` does the work in its own thread if the lock is free, and leaves a note if it is not. A
/// viewer's question may wait: ``withLock(_:)``. Whoever gives the lock back looks for a note afterwards and does what it says.
///
/// No note is lost. Who asks (A) and who holds the lock (B) each write one word and then read the other's:
///
///     A: note |= request;  fence;  try the lock            B: unlock;  fence;  read the note
///
/// The two fences are sequentially consistent, so one of them comes first. If A's does, B reads the note. If B's does, A
/// finds the lock free of B: it takes it, or finds another holder, for whom the same holds. Holders end, so the last of them
/// reads a note that is still there, and takes the lock in the same way as who asks.
///
/// The work is done in the order in which the lock is taken, and no two do it at a time.
package final class HandoffMutex<State: HandoffState>: Sendable {
    private let state: Mutex<State>
    private let note = Atomic<UInt64>(0)
    private let onWork: @Sendable (State.Report) -> Void

    /// Calls `onWork` without the lock, in the thread that did the work.
    package init(_ state: consuming sending State, onWork: @escaping @Sendable (State.Report) -> Void) {
        self.state = Mutex(state)
        self.onWork = onWork
    }

    /// Has the work done, by this thread or by the one that holds the lock; does not wait for it.
    package func request(_ request: State.Request) {
        // Releases what was appended to whoever takes the note.
        self.note.bitwiseOr(request.rawValue, ordering: .releasing)
        self.serve()
    }

    /// Waits for the lock; what was asked for meanwhile is done before this returns, by this thread or another.
    package func withLock<Result>(_ body: (inout sending State) -> sending Result) -> sending Result {
        let result = self.state.withLock(body)
        self.serve()
        return result
    }

    private func serve() {
        while true {
            atomicMemoryFence(ordering: .sequentiallyConsistent)
            guard self.note.load(ordering: .relaxed) != 0 else { return }
            let report = self.state.withLockIfAvailable { state -> State.Report? in
                let requests = self.note.exchange(0, ordering: .acquiringAndReleasing)
                return requests == 0 ? nil : state.perform(State.Request(rawValue: requests))
            }
            // Held by somebody who looks at the note when he is done.
            guard let report else { return }
            if let report { self.onWork(report) }
        }
    }
}

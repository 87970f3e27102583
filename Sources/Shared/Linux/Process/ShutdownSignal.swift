internal import Dispatch
internal import Glibc
internal import Synchronization

/// SIGINT and SIGTERM: the first is awaited, so that the program can end in good order; the second ends it at once.
package final class ShutdownSignal {
    private let sources: [any DispatchSourceSignal]
    private let requests: AsyncStream<Void>

    /// Other signals that ask for the end are ignored: whoever sends them to a group of processes means another of it.
    ///
    /// - Parameters:
    ///   - wanted: the signals that are listened to.
    ///   - atOnce: what is still done at the second signal; must not wait for anything.
    package init(of wanted: Set<Int32> = [SIGINT, SIGTERM], atOnce: @escaping @Sendable () -> Void = {}) {
        let (requests, request) = AsyncStream.makeStream(of: Void.self)
        self.requests = requests
        let isRequested = Flag()
        let all = [SIGINT, SIGTERM]
        for number in all { signal(number, SIG_IGN) }
        self.sources = all.filter(wanted.contains).map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if isRequested.raise() {
                    atOnce()
                    _exit(130)
                }
                request.yield()
            }
            source.resume()
            return source
        }
        // Dispatch opens a descriptor for its timer when it is first used, and traps where there is none. This has it
        // opened before peers can take the last one.
        Task { try? await Task.sleep(for: .nanoseconds(1)) }
        // A peer that closes while it is written to is an error of that call, not the end of the program.
        signal(SIGPIPE, SIG_IGN)
    }

    package func received() async {
        for await _ in self.requests { return }
    }
}

/// A flag that is raised once and stays up.
private final class Flag: Sendable {
    private let isRaised = Atomic(false)

    /// - Returns: whether it was raised before.
    func raise() -> Bool { self.isRaised.exchange(true, ordering: .relaxed) }
}

internal import Linux
internal import Synchronization

/// Publishes a source to an RTMP server in real time, from a thread of its own.
final class Publisher: Sendable {
    struct Progress: Hashable, Sendable {
        /// Bytes of audio and video given to the kernel, without what the protocol adds.
        var bytes = 0
        /// How late a tag was written at worst, µs.
        var worstDelay: Int64 = 0
    }

    private struct State: Sendable {
        var isPublishing = false
        var isOver = false
        var progress = Progress()
        var failure: String?
    }

    private let publication: RehearsalSpec.Publication
    private let endpoint: InternetAddress
    private let state = Mutex(State())
    private let thread = Mutex<WorkerThread?>(nil)

    init(_ publication: RehearsalSpec.Publication, to endpoint: InternetAddress) {
        self.publication = publication
        self.endpoint = endpoint
    }

    var isPublishing: Bool { self.state.withLock(\.isPublishing) }
    var failure: String? { self.state.withLock(\.failure) }
    var progress: Progress { self.state.withLock(\.progress) }

    func start() throws(LinuxError) {
        let thread = try WorkerThread(name: "publisher") {
            do {
                var loop = try PublisherLoop.make(self.publication, to: self.endpoint, for: self)
                try loop.go()
            } catch {
                self.state.withLock { $0.failure = $0.failure ?? "\(error)" }
            }
        }
        self.thread.withLock { $0 = thread }
    }

    /// Ends the stream in an orderly way.
    func finish() {
        self.state.withLock { $0.isOver = true }
        self.thread.withLock { $0.take() }?.join()
    }

    // What the loop asks and says.

    var isOver: Bool { self.state.withLock(\.isOver) }

    func begin() {
        self.state.withLock { $0.isPublishing = true }
    }

    func note(bytes: Int, delay: Int64) {
        self.state.withLock {
            $0.progress.bytes += bytes
            $0.progress.worstDelay = max($0.progress.worstDelay, delay)
        }
    }
}

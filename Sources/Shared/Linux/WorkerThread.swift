internal import CLinux
internal import Synchronization

/// A thread of our own, for work that waits in the kernel and so must not sit in a shared pool.
package final class WorkerThread: Sendable {
    private struct Start: Sendable {
        var name: String
        var cpu: Int?
        var body: @Sendable () -> Void
        var completion: Completion
    }

    /// Whether the body has returned, and who waits for that. It is there before the thread starts, so that no end is missed.
    private final class Completion: Sendable {
        private enum State {
            case running(waiters: [CheckedContinuation<Void, Never>])
            case over
        }

        private let state = Mutex(State.running(waiters: []))

        func finish() {
            let waiters = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
                guard case .running(let waiters) = state else { return [] }
                state = .over
                return waiters
            }
            for waiter in waiters { waiter.resume() }
        }

        func wait() async {
            await withCheckedContinuation { continuation in
                let isOver = self.state.withLock { state in
                    guard case .running(let waiters) = state else { return true }
                    state = .running(waiters: waiters + [continuation])
                    return false
                }
                if isOver { continuation.resume() }
            }
        }
    }

    private final class Box: Sendable {
        let start: Start

        init(_ start: Start) {
            self.start = start
        }
    }

    private let thread: Mutex<pthread_t?>
    private let completion = Completion()

    /// Starts `body` on a thread of its own.
    ///
    /// The name is shown by `top -H`; the kernel keeps 15 bytes of it. With `cpu` the thread runs on that CPU alone; one
    /// that does not exist or is not allowed is ignored.
    package init(name: String, cpu: Int? = nil, body: @escaping @Sendable () -> Void) throws(LinuxError) {
        let start = Start(name: name, cpu: cpu, body: body, completion: self.completion)
        let box = unsafe Unmanaged.passRetained(Box(start))
        var thread = pthread_t()
        let code = unsafe pthread_create(&thread, nil, { unsafe WorkerThread.run($0) }, box.toOpaque())
        guard code == 0 else {
            unsafe box.release()
            throw LinuxError("pthread_create", code: code)
        }
        self.thread = Mutex(thread)
    }

    deinit {
        if let thread = self.thread.withLock({ $0.take() }) {
            pthread_detach(thread)
        }
    }

    /// Returns once the body has; keeps no thread waiting for that.
    package func ended() async {
        await self.completion.wait()
    }

    /// Waits until the body has returned; at once when that was awaited before. It keeps the calling thread, so whoever
    /// runs on a shared one awaits ``ended()`` instead.
    package func join() {
        guard let thread = self.thread.withLock({ $0.take() }) else { return }
        pthread_join(thread, nil)
    }

    /// What `body` returns, run on a thread of its own because it blocks; the caller's thread does not. Where the system has
    /// no thread left, it is run on the caller's all the same.
    package static func value<Value: Sendable, Failure: Error>(
        named name: String,
        of body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            let run: @Sendable () -> Void = {
                continuation.resume(returning: Result { () throws(Failure) in try body() })
            }
            do throws(LinuxError) {
                _ = try WorkerThread(name: name, body: run)
            } catch {
                run()
            }
        }
        return try result.get()
    }

    /// Lets another thread have the CPU.
    package static func yield() {
        sched_yield()
    }

    private static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument = unsafe argument else { return nil }
        let start = unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().start
        unsafe linux_name_thread(String(decoding: start.name.utf8.prefix(15), as: UTF8.self))
        if let cpu = start.cpu {
            _ = linux_pin_thread(CUnsignedInt(clamping: cpu))
        }
        start.body()
        start.completion.finish()
        return nil
    }
}

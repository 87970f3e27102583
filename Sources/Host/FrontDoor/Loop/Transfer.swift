import Synchronization

/// Something with one owner on its way to another thread.
final class Transfer<Content: ~Copyable & Sendable>: Sendable {
    private let content: Mutex<Content?>

    init(_ content: consuming sending Content) {
        self.content = Mutex(content)
    }

    /// Takes the value out, once.
    func open() -> Content? {
        self.content.withLock { $0.take() }
    }
}

/// How a process ended.
package enum ProcessEnding: Hashable, Sendable {
    case exited(code: Int32)
    case signalled(Int32)
}

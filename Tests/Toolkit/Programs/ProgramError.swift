/// Why a program did not do what a test needs of it.
package enum ProgramError: Error, CustomStringConvertible {
    case notInstalled(String)
    case notStarted(String, reason: String)
    /// It ended otherwise than with status 0; what it last said on stderr.
    case failed(String, Program.Ending, lastWords: String)
    /// It was still running; its process group was killed.
    case deadline(String, Duration, lastWords: String)
    /// Its output ended before a line that a test waits for.
    case endedBefore(String, line: String, lastWords: String)
    /// Its output is not what it is documented to be.
    case unreadable(String, reason: String)

    package var description: String {
        switch self {
        case .notInstalled(let name): "\(name) is not installed: make test installs it"
        case .notStarted(let name, let reason): "\(name) could not be started: \(reason)"
        case .failed(let name, let ending, let words): "\(name) ended with \(ending):\n\(words)"
        case .deadline(let name, let time, let words): "\(name) did not finish within \(time):\n\(words)"
        case .endedBefore(let name, let line, let words): "\(name) ended before it said “\(line)”:\n\(words)"
        case .unreadable(let name, let reason): "the output of \(name) cannot be read: \(reason)"
        }
    }
}

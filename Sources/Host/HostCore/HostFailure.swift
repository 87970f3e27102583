internal import ArgumentParser
internal import Containers
internal import Linux
internal import Settings
internal import Sockets

/// How a start that fails ends: one sentence on standard error, and a code as `sysexits.h` numbers them.
enum HostFailure {
    /// Says what went wrong; throw what it returns.
    static func told(_ error: any Error) throws -> any Error {
        if error is ExitCode || error is CleanExit { return error }
        for line in "\(error)".split(separator: "\n") { StandardStream.error.print("transponder: error: \(line)") }
        return self.code(of: error)
    }

    private static func code(of error: any Error) -> ExitCode {
        switch error {
        case let failure as ListenFailure: ExitCode(failure.exitCode)
        case let error as ConfigurationError: ExitCode(error.isUnreadable ? 66 : 78)
        case let error as StateError: ExitCode(error.isMatterOfRights ? 77 : 73)
        case let error as RuntimeError:
            switch error.kind {
            case .missing: ExitCode(69)
            case .forbidden: ExitCode(77)
            case .timedOut, .failed, .storage: ExitCode(1)
            }
        default: ExitCode(1)
        }
    }
}

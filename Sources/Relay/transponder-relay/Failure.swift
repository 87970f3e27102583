import ArgumentParser
import Control
import Foundation
import Settings
import Sockets

/// How a start that fails ends: one sentence on standard error, and a code as `sysexits.h` numbers them.
enum Failure {
    static func tell(_ problem: some CustomStringConvertible, as kind: String = "error") {
        let lines = problem.description.split(separator: "\n").map { "transponder-relay: \(kind): \($0)\n" }
        try? FileHandle.standardError.write(contentsOf: Data(lines.joined().utf8))
    }

    static func tell(_ error: any Error) { self.tell("\(error)") }

    static func code(of error: any Error) -> ExitCode {
        switch error {
        case let failure as ListenFailure: ExitCode(failure.exitCode)
        case let error as ConfigurationError: ExitCode(error.isUnreadable ? 66 : 78)
        case is RelayChoiceError: ExitCode(78)
        case is DatagramFailure: ExitCode(69)
        case let error as StateError: ExitCode(error.isMatterOfRights ? 77 : 73)
        default: ExitCode(1)
        }
    }
}

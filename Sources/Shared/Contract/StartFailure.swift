/// An error that can end a program's start, with the code that it then exits with.
package protocol StartFailure: Error, CustomStringConvertible {
    /// As `sysexits.h` numbers it.
    var exitCode: Int32 { get }
}

/// The codes of `sysexits.h` that a start ends with.
package enum ExitStatus {
    /// Anything else.
    package static let failed: Int32 = 1
    /// EX_NOINPUT: a file cannot be read.
    package static let noInput: Int32 = 66
    /// EX_UNAVAILABLE: a port or a program cannot be had.
    package static let unavailable: Int32 = 69
    /// EX_CANTCREAT: a file cannot be made.
    package static let cannotCreate: Int32 = 73
    /// EX_PROTOCOL: the other side speaks something else.
    package static let wrongProtocol: Int32 = 76
    /// EX_NOPERM: the user may not.
    package static let noPermission: Int32 = 77
    /// EX_CONFIG: the configuration is wrong.
    package static let wrongConfiguration: Int32 = 78

    package static func of(_ error: any Error) -> Int32 { (error as? any StartFailure)?.exitCode ?? Self.failed }
}

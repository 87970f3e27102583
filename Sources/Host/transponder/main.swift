internal import ArgumentParser
internal import Glibc
internal import Linux
internal import Operator

do {
    try await TransponderCommand.perform()
} catch let error as CommandError {
    StandardStream.error.print("transponder: \(error)")
    exit(2)
} catch let error as ClientError {
    StandardStream.error.print("transponder: \(error)")
    exit(2)
} catch {
    let code = TransponderCommand.exitCode(for: error)
    let message = TransponderCommand.fullMessage(for: error)
    if !message.isEmpty { (code.isSuccess ? StandardStream.output : .error).print(message) }
    // Scripts tell “it went wrong” (1) from “it could not be tried” (2); the argument parser would say 64 for that.
    exit(code == .validationFailure ? 2 : code.rawValue)
}

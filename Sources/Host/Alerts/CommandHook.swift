internal import Glibc
internal import Linux

/// A program that is given the alert as JSON at its standard input. No shell reads its words, and it is killed with all that it
/// started when its time is over.
struct CommandHook: AlertCarrier {
    let words: [String]
    var limit = AlertCarriers.limit

    func send(_ message: AlertMessage) -> AlertOutcome {
        guard let program = self.words.first else { return .failed("no program is named") }
        let command = Command(program, Array(self.words.dropFirst()))
        do throws(LinuxError) {
            let outcome = try command.runHere(within: self.limit, input: AlertJSON.encode(message))
            let words = AlertCarriers.short(outcome.output)
            let said = words.isEmpty ? "" : ": \(words)"
            switch outcome.ending {
            case .exited(code: 0): return .delivered("it ended well\(said)")
            case .exited(let code): return .failed("it ended with status \(code)\(said)")
            case .signalled(let signal): return .failed("signal \(signal) ended it\(said)")
            case nil: return .failed("it was not done within \(self.limit.components.seconds) s, and was ended")
            }
        } catch {
            return .failed("it cannot be run: \(error.reason)")
        }
    }
}

import Containers
import Contract

extension InstanceEnding {
    var cause: EndingCause {
        switch self {
        case .exited: .exit
        case .signalled: .signal
        case .outOfMemory: .outOfMemory
        case .lost: .lost
        }
    }

    /// By hand, or because the machine has no memory left: the host ends none before it has given it up, and none ends itself
    /// so.
    var wasKilled: Bool { self == .signalled(9) }

    /// For a person who reads it behind the relay's name.
    func sentence(_ allowance: InstanceAllowance) -> String {
        switch self {
        case .exited(let code): "It exited with code \(code)."
        case .signalled(let number): "It was ended by signal \(number)\(Self.name(of: number))."
        case .outOfMemory: "It went over its limit of \(allowance.memory >> 20) MiB of memory."
        case .lost(let reason): "The container runtime lost track of it: \(reason)"
        }
    }

    /// The few that people meet (signal(7)); they are numbered alike on x86 and ARM.
    private static func name(of signal: Int32) -> String {
        let names: [Int32: String] = [
            1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
            9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM", 31: "SIGSYS",
        ]
        return names[signal].map { ", \($0)" } ?? ""
    }
}

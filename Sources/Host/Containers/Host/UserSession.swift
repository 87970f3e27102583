internal import FoundationEssentials
internal import Linux

/// What systemd runs for a user who is not root (user@.service), and what makes control groups for that user.
package struct UserSession: Hashable, Sendable {
    /// Where its bus is, `XDG_RUNTIME_DIR` to programs.
    package let directory: String

    /// The controllers that it was given to hand on.
    package let controllers: Set<String>

    package init(directory: String, controllers: Set<String>) {
        self.directory = directory
        self.controllers = controllers
    }

    /// The user's, if it runs and its bus is within reach.
    static func read(of user: UInt32, in layout: CgroupLayout) -> UserSession? {
        let given = ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"].flatMap { $0.isEmpty ? nil : $0 }
        let directory = given ?? "/run/user/\(user)"
        guard SmallFile.kind(of: "\(directory)/bus") != nil else { return nil }
        let controllers = layout.hierarchies.filter(\.isUnified).map { hierarchy in
            let group = "user.slice/user-\(user).slice/user@\(user).service"
            let text = (try? SmallFile.read("\(hierarchy.path)/\(group)/cgroup.controllers")) ?? ""
            return Set(text.split { $0 == " " || $0 == "\n" }.map(String.init))
        }
        return UserSession(directory: directory, controllers: controllers.first ?? [])
    }

    /// The variables by which a program finds the session.
    var environment: [String: String] {
        ["XDG_RUNTIME_DIR": self.directory, "DBUS_SESSION_BUS_ADDRESS": "unix:path=\(self.directory)/bus"]
    }

    /// Why it cannot limit relays; nil when it can.
    var obstacle: RuntimeError? {
        let missing = CgroupLayout.needed.subtracting(self.controllers).sorted()
        guard !missing.isEmpty else { return nil }
        return RuntimeError(
            .forbidden,
            "systemd lets this user's session limit no \(missing.joined(separator: ", ")): as root, write "
                + "'[Service]' and 'Delegate=cpu memory pids' on two lines to "
                + "/etc/systemd/system/user@.service.d/delegate.conf, run systemctl daemon-reload and log in anew; "
                + "or run as root."
        )
    }
}

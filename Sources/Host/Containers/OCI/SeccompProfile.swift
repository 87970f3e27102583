/// Which system calls a process may make. One form for all: OCI runtimes take it as `linux.seccomp`, podman as a file.
package struct SeccompProfile: Hashable, Sendable, Codable {
    package struct Rule: Hashable, Sendable, Codable {
        package var names: [String]
        package var action: String
        package var errnoRet: Int?
        package var args: [Argument]?
    }

    package struct Argument: Hashable, Sendable, Codable {
        package var index: Int
        package var value: UInt64
        package var valueTwo: UInt64?
        package var op: String
    }

    package var defaultAction = "SCMP_ACT_ERRNO"
    package var defaultErrnoRet = 1
    package var architectures: [String]
    package var syscalls: [Rule]
}

extension SeccompProfile.Rule {
    static func allow(_ names: [String]) -> Self { Self(names: names, action: "SCMP_ACT_ALLOW") }

    /// With that value of an argument, and no other.
    static func allow(_ name: String, _ index: Int, _ value: UInt64) -> Self {
        Self(
            names: [name],
            action: "SCMP_ACT_ALLOW",
            args: [SeccompProfile.Argument(index: index, value: value, op: "SCMP_CMP_EQ")]
        )
    }

    /// With those bits of an argument set so, whatever the others are.
    static func allow(_ name: String, _ index: Int, mask: UInt64, _ value: UInt64) -> Self {
        Self(
            names: [name],
            action: "SCMP_ACT_ALLOW",
            args: [SeccompProfile.Argument(index: index, value: mask, valueTwo: value, op: "SCMP_CMP_MASKED_EQ")]
        )
    }

    /// Of setsockopt(2), one option of a level, and no other.
    static func allowOption(_ level: UInt64, _ option: UInt64) -> Self {
        Self(
            names: ["setsockopt"],
            action: "SCMP_ACT_ALLOW",
            args: [
                SeccompProfile.Argument(index: 1, value: level, op: "SCMP_CMP_EQ"),
                SeccompProfile.Argument(index: 2, value: option, op: "SCMP_CMP_EQ"),
            ]
        )
    }

    static func refuse(_ name: String, errno: Int) -> Self {
        Self(names: [name], action: "SCMP_ACT_ERRNO", errnoRet: errno)
    }
}

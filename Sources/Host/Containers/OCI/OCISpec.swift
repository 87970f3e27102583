/// What of the OCI runtime specification 1.0.2 an instance's `config.json` says.
package struct OCISpec: Encodable, Sendable {
    struct Process: Encodable, Sendable {
        struct User: Encodable, Sendable {
            var uid: UInt32
            var gid: UInt32
        }
        struct Limit: Encodable, Sendable {
            var type: String
            var soft: Int
            var hard: Int
        }
        /// All five sets stay empty.
        struct Capabilities: Encodable, Sendable {
            var bounding: [String] = []
            var effective: [String] = []
            var inheritable: [String] = []
            var permitted: [String] = []
            var ambient: [String] = []
        }
        var terminal = false
        var user: User
        var args: [String]
        var env: [String]
        var cwd = "/"
        var capabilities = Capabilities()
        var noNewPrivileges = true
        var rlimits: [Limit]
        var oomScoreAdj: Int?
    }

    struct Root: Encodable, Sendable {
        var path: String
        var readonly = true
    }

    struct Mount: Encodable, Sendable {
        var destination: String
        var type: String
        var source: String
        var options: [String]
    }

    package struct Linux: Encodable, Sendable {
        struct Namespace: Encodable, Sendable {
            var type: String
        }
        package struct IDMapping: Encodable, Hashable, Sendable {
            package var containerID: UInt32
            package var hostID: UInt32
            package var size: UInt32 = 1
        }
        struct Resources: Encodable, Sendable {
            struct Device: Encodable, Sendable {
                var allow = false
                var access = "rwm"
            }
            struct Memory: Encodable, Sendable {
                var limit: Int
                var swap: Int?
            }
            struct CPU: Encodable, Sendable {
                var quota: Int
                var period: Int
                var shares: Int
            }
            struct Processes: Encodable, Sendable {
                var limit: Int
            }
            var devices = [Device()]
            var memory: Memory
            var cpu: CPU
            var pids: Processes
        }
        var cgroupsPath: String
        var namespaces: [Namespace]
        var uidMappings: [IDMapping]
        var gidMappings: [IDMapping]
        var resources: Resources
        var seccomp: SeccompProfile
        var maskedPaths: [String]
        var readonlyPaths: [String]
        var rootfsPropagation = "private"
    }

    var ociVersion = "1.0.2"
    var process: Process
    var root: Root
    var hostname = "relay"
    var mounts: [Mount]
    var linux: Linux
}

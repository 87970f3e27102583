import Foundation
import Testing
import Toolkit

/// nginx with its RTMP module, with applications of a test's choice.
struct NginxRTMP {
    let program: Program
    let address: String
    private let scratch: Scratch

    /// Starts it and waits until it accepts connections.
    ///
    /// - Parameter applications: `application` blocks of its configuration.
    /// - Returns: a server on a port of its own.
    /// - Throws: ``ProgramError`` where it did not start.
    static func start(_ applications: String) async throws -> NginxRTMP {
        let module = "/usr/lib/nginx/modules/ngx_rtmp_module.so"
        guard FileManager.default.fileExists(atPath: module) else {
            throw ProgramError.notInstalled("libnginx-mod-rtmp")
        }
        // Its listener takes no port 0, so a free one is asked for and may be gone again.
        for _ in 0..<4 {
            let question = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
            let port = try await Program.run("python3", ["-c", question]).outputText
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let scratch = try Scratch("nginx")
            let file = try scratch.write(
                """
                load_module \(module);
                daemon off; master_process off; worker_processes 1;
                pid \(scratch.file("pid").path);
                error_log stderr notice;
                events { worker_connections 64; }
                rtmp { server { listen 127.0.0.1:\(port); access_log off; \(applications) } }

                """.utf8,
                to: "nginx.conf"
            )
            let program = try Program.start("nginx", ["-p", scratch.directory.path, "-e", "stderr", "-c", file])
            // It says so once its listeners are bound.
            if (try? await program.line(containing: "using the \"epoll\" event method")) != nil, program.isRunning {
                return NginxRTMP(program: program, address: "rtmp://127.0.0.1:\(port)", scratch: scratch)
            }
            guard program.said.contains("Address already in use") else {
                throw ProgramError.notStarted("nginx", reason: program.said)
            }
        }
        throw ProgramError.notStarted("nginx", reason: "no port was free")
    }
}

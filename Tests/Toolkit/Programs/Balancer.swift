import Foundation

/// A balancer as operators put in front: haproxy or nginx, which listens at `[::1]` and goes on to 127.0.0.1, so that it can be
/// told whose address somebody sees.
package final class Balancer: Sendable {
    /// One way through it.
    package struct Way: Sendable {
        package let name: String
        /// Where it goes on to, `host:port`.
        package let target: String
        /// What stands behind the target in haproxy's `server` line.
        package let options: String

        package init(_ name: String, to target: String, _ options: String = "send-proxy-v2") {
            self.name = name
            self.target = target
            self.options = options
        }
    }

    private let program: Program
    private let scratch: Scratch
    private let ports: [String: UInt16]

    private init(_ program: Program, _ scratch: Scratch, _ ports: [String: UInt16]) {
        self.program = program
        self.scratch = scratch
        self.ports = ports
    }

    /// `[::1]:port`.
    package func address(_ way: String) -> String { "[::1]:\(self.ports[way] ?? 0)" }

    /// haproxy, which passes bytes on and says before whose they are.
    package static func haproxy(_ ways: [Way]) async throws -> Balancer {
        let scratch = try Scratch("haproxy")
        let ports = try Self.ports(for: ways)
        var text =
            "global\n  maxconn 200\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n"
        for way in ways {
            text +=
                "listen \(way.name)\n  bind [::1]:\(ports[way.name] ?? 0)\n  server one \(way.target) \(way.options)\n"
        }
        let file = try scratch.write(text.utf8, to: "haproxy.cfg")
        return try await Self.started(Program.start("haproxy", ["-db", "-f", file]), scratch, ports)
    }

    /// nginx, with `stream` for what has the option `stream` and `http` for the rest.
    package static func nginx(_ ways: [Way]) async throws -> Balancer {
        let scratch = try Scratch("nginx")
        let ports = try Self.ports(for: ways)
        var (stream, http) = ("", "")
        for way in ways {
            let listen = "listen [::1]:\(ports[way.name] ?? 0);"
            if way.options == "stream" {
                stream += "server { \(listen) proxy_pass \(way.target); proxy_protocol on; }\n"
            } else {
                http += """
                    server { \(listen) location / { proxy_pass http://\(way.target); proxy_buffering off;
                    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; } }

                    """
            }
        }
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { name in
            "\(name)_temp_path \(scratch.file(name).path);"
        }
        let file = try scratch.write(
            """
            load_module /usr/lib/nginx/modules/ngx_stream_module.so;
            daemon off; master_process off; worker_processes 1;
            pid \(scratch.file("pid").path);
            error_log stderr notice;
            events { worker_connections 64; }
            stream { \(stream) }
            http { access_log off; \(paths.joined(separator: " ")) \(http) }

            """.utf8,
            to: "nginx.conf"
        )
        let program = try Program.start("nginx", ["-p", scratch.directory.path, "-e", "stderr", "-c", file])
        return try await Self.started(program, scratch, ports)
    }

    private static func ports(for ways: [Way]) throws -> [String: UInt16] {
        let ports = try FreePorts.take(ways.count)
        return Dictionary(uniqueKeysWithValues: zip(ways.map(\.name), ports))
    }

    /// Neither says when it listens.
    private static func started(
        _ program: Program,
        _ scratch: Scratch,
        _ ports: [String: UInt16]
    ) async throws -> Balancer {
        for port in ports.values {
            var isOpen = false
            for _ in 0..<400 where !isOpen && program.isRunning {
                isOpen = (try? Socket(to: "[::1]:\(port)")) != nil
                if !isOpen { try await Task.sleep(for: .milliseconds(25)) }
            }
            guard isOpen else { throw ProgramError.notStarted("balancer", reason: program.said) }
        }
        return Balancer(program, scratch, ports)
    }
}

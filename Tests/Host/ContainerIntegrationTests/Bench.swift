import Containers
import Contract
import Foundation
import Linux
import Synchronization
import Toolkit

/// Starts instances of the test program, and tells what they said and what they have left.
final class Bench: Sendable {
    let runtime: any ContainerRuntime
    let scratch: Scratch

    /// Where the files of instances go.
    let base: String

    init(_ isolation: Isolation, program: String? = nil, deadlines: RuntimeDeadlines = .standard) throws {
        self.scratch = try Scratch("containers")
        // Users of containers look their files up through it.
        try FileManager.default.setAttributes([.posixPermissions: 0o711], ofItemAtPath: self.scratch.directory.path)
        self.base = self.scratch.file("run").path
        self.runtime = try OCIRuntime(isolation, directory: self.base, program: program, deadlines: deadlines)
    }

    init(_ make: (String) throws -> any ContainerRuntime) throws {
        self.scratch = try Scratch("containers")
        try FileManager.default.setAttributes([.posixPermissions: 0o711], ofItemAtPath: self.scratch.directory.path)
        self.base = self.scratch.file("run").path
        self.runtime = try make(self.base)
    }

    static func id() throws -> InstanceID { try InstanceID(RelayName("test"), nonce: .random(in: 1...UInt32.max)) }

    static func spec(_ arguments: [String], id: InstanceID? = nil, program: String? = nil) throws -> InstanceSpec {
        try InstanceSpec(
            id: id ?? self.id(),
            program: program ?? Checkout.product("escape"),
            arguments: arguments,
            environment: ["PATH": "/usr/bin"],
            memory: 64 << 20,
            cpu: 1,
            processes: 32,
            openFiles: 64
        )
    }

    func start(_ arguments: [String], id: InstanceID? = nil) async throws -> Guest {
        try await self.start(Self.spec(arguments, id: id))
    }

    func start(_ spec: InstanceSpec) async throws -> Guest {
        let pair = try TCPSocket.pair()
        let said = Said()
        let other = try pair.second.duplicate()
        let instance = try await self.runtime.start(spec, control: other) { said.add($0) }
        return try Guest(instance: instance, control: pair.first.duplicate(), said: said)
    }

    /// What is left of instances of this bench on the machine.
    func traces(of id: InstanceID) -> [String] { self.traces(named: id.rawValue) }

    func traces(named id: String) -> [String] {
        var found = MountTable.entries().map(\.path).filter { $0.contains(id) }
        let manager = FileManager.default
        for path in [self.base] where manager.fileExists(atPath: path) {
            found += (try? manager.subpathsOfDirectory(atPath: path).filter { $0.contains(id) }) ?? []
        }
        for hierarchy in CgroupLayout.read().hierarchies {
            found += ((try? manager.contentsOfDirectory(atPath: hierarchy.path)) ?? []).filter { $0.contains(id) }
        }
        return found
    }
}

final class Said: Sendable {
    private let kept = Mutex<[String]>([])
    var lines: [String] { self.kept.withLock { $0 } }
    func add(_ line: String) { self.kept.withLock { $0.append(line) } }
}

/// An instance of the test program and the other end of its descriptor 3.
final class Guest: Sendable {
    let instance: any ContainerInstance
    let control: OwnedDescriptor
    let said: Said

    init(instance: any ContainerInstance, control: consuming OwnedDescriptor, said: Said) {
        self.instance = instance
        self.control = control
        self.said = said
    }

    /// What it reports next, nothing at the end or when the time is over.
    func next(within limit: Duration = .seconds(20)) async -> String {
        await withCheckedContinuation { continuation in
            _ = try? WorkerThread(name: "guest") {
                var bytes = [UInt8](repeating: 0, count: 64 << 10)
                let deadline = MonotonicClock.now.advanced(by: limit)
                guard var poller = try? Poller.make(capacity: 1) else { return continuation.resume(returning: "") }
                try? poller.add(self.control, token: 0, for: .readable)
                while MonotonicClock.now < deadline {
                    switch try? TCPSocket.receive(into: &bytes, from: self.control) {
                    case .transferred(let count):
                        return continuation.resume(returning: String(decoding: bytes.prefix(count), as: UTF8.self))
                    case .wouldBlock: _ = try? poller.wait(for: MonotonicClock.now.duration(to: deadline))
                    default: return continuation.resume(returning: "")
                    }
                }
                continuation.resume(returning: "")
            }
        }
    }

    /// Everything it reports until it closes its end.
    func report() async -> [(name: String, value: Int)] {
        var text = ""
        while true {
            let more = await self.next()
            if more.isEmpty { break }
            text += more
        }
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 2, let value = Int(words[1]) else { return nil }
            return (String(words[0]), value)
        }
    }
}

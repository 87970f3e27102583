import Foundation
import Glibc
import Linux
import Testing
import Toolkit

@Suite struct UnixSocketPathTests {
    /// Of the shortest names and of those that the kernel's own address has no room for.
    @Test(arguments: [1, 107, 200])
    func bothEndsKnowEachOther(length: Int) throws {
        let scratch = try Scratch("socket")
        let directory = scratch.file(String(repeating: "d", count: length)).path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let path = "\(directory)/host.sock"
        let listener = try UnixSocket.listen(at: path)
        #expect(SmallFile.kind(of: path).map { $0.mode & 0o777 } == 0o600)
        let caller = try UnixSocket.connect(to: path)
        guard let accepted = try TCPSocket.accept(on: listener)?.release() else {
            Issue.record("nobody has come")
            return
        }
        let own = UnixSocket.Peer(process: getpid(), user: geteuid())
        #expect(try UnixSocket.peer(of: caller) == own)
        #expect(try UnixSocket.peer(of: accepted) == own)
        // It is nobody else's while it is there.
        #expect(throws: LinuxError.self) { _ = try UnixSocket.listen(at: path) }
    }

    @Test func aSocketThatNobodyHasRefuses() throws {
        let scratch = try Scratch("socket")
        let path = scratch.file("host.sock").path
        #expect(throws: LinuxError.self) { _ = try UnixSocket.connect(to: path) }
        _ = try UnixSocket.listen(at: path)
        do throws(LinuxError) {
            _ = try UnixSocket.connect(to: path)
            Issue.record("nobody listens there")
        } catch {
            #expect(error.isConnectionRefused)
        }
    }

    @Test func aPathWithoutADirectoryIsNone() {
        let name = String(repeating: "x", count: 200)
        for path in [name, "/\(name)", "/nowhere/\(name)", String(repeating: "/x", count: 3000)] {
            #expect(throws: LinuxError.self) { _ = try UnixSocket.connect(to: path) }
        }
    }
}

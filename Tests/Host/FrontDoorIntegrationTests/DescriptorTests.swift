import Contract
import FrontDoor
import FrontDoorToolkit
import Glibc
import Testing
import Toolkit

@Suite struct DescriptorTests {
    /// In a process of its own: the limit is the whole process's.
    @Test func whoComesWhenNoDescriptorIsLeftIsClosedAndNotLeftHanging() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 100, rlim_max: 20_000)
            try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            let entrance = try Entrance()
            // What is kept for the process stays free: an eighth.
            var held: [CInt] = []
            while case let number = dup(STDIN_FILENO), number >= 0 {
                held.append(number)
                if number >= 86 { break }
            }
            #expect(held.last == 86)
            // The client takes the last that strangers may have, and none is left for the front door's end.
            let early = try Socket(to: entrance.http)
            try await entrance.counts("somebody who was closed") { $0.refusals[.descriptors, default: 0] > 0 }
            #expect(try await early.receive().isEmpty)
            for number in held { close(number) }
            try await entrance.counts("that all have gone") { $0.undecided == 0 }
            let late = try Socket(to: entrance.http)
            try late.send("GET /live/main.flv HTTP/1.1\r\n\r\n")
            _ = try await entrance.reception.delivered()
        }
    }
}

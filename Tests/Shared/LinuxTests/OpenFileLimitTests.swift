import Glibc
import Linux
import Testing

@Suite struct OpenFileLimitTests {
    /// In processes of their own: the limit is the whole process's.
    @Test func `what the system does not let a process have it does not get`() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 100, rlim_max: 200)
            try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            #expect(OpenFileLimit.raise() == 200)
            // No process may have more than fs.nr_open.
            #expect(OpenFileLimit.raise(to: .max) == 200)
            #expect(OpenFileLimit.current == 200)
        }
    }

    private static func isReserved(_ number: CInt) -> Bool {
        let descriptor = OwnedDescriptor(takingOwnership: number)
        return OpenFileLimit.isReserved(descriptor)
    }

    @Test func `a descriptor of the last eighth is nobody's from outside`() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 80, rlim_max: 80)
            try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            var number = dup(STDIN_FILENO)
            while (0..<69).contains(number) { number = dup(STDIN_FILENO) }
            #expect(number == 69)
            let others = [Self.isReserved(dup(STDIN_FILENO)), Self.isReserved(number)]
            #expect(others == [true, false])
        }
    }
}

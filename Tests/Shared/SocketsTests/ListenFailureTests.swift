import Contract
import Sockets
import Testing

@Suite struct ListenFailureTests {
    @Test(
        arguments: [
            (98, "Port 80 of 10.0.0.1 (http) is taken by another program", 69),
            (13, "needs rights this user does not have", 77),
            (99, "is not an address of this machine", 69), (97, "has no IPv6", 69), (24, "ulimit -n", 69),
            (5, "Input/output error", 69), (99999, "error 99999", 69),
        ] as [(Int32, String, Int32)]
    )
    func portsThatDoNotOpen(_ code: Int32, _ words: String, _ exit: Int32) throws {
        let failure = try ListenFailure(name: "http", address: ListenAddress("10.0.0.1:80"), code: code)
        #expect(failure.description.contains(words), "\(failure)")
        #expect(failure.exitCode == exit)
        #expect(!failure.description.contains("\n"))
    }
}

import Settings
import Testing

@Suite struct StandardStateTests {
    @Test(
        arguments: [
            (0, ["HOME": "/root"], "/var/lib/transponder"),
            (1000, ["HOME": "/people/ana"], "/people/ana/.local/state/transponder"),
            (1000, ["HOME": "/people/ana", "XDG_STATE_HOME": "/state"], "/state/transponder"),
            (1000, ["HOME": "/people/ana", "XDG_STATE_HOME": "state"], "/people/ana/.local/state/transponder"),
            (65534, [:], "/var/lib/transponder"),
            (1000, ["HOME": ""], "/var/lib/transponder"),
        ] as [(UInt32, [String: String], String)]
    )
    func aUserWhoIsNotRootHasStateOfTheirOwn(user: UInt32, environment: [String: String], path: String) throws {
        #expect(StandardState.path(user: user, environment: environment) == path)
        let decoder = ConfigurationDecoder(fileName: "", environment: environment, user: user)
        #expect(try decoder.decode(nil).state == path)
        #expect(StandardState.candidates(environment: environment).contains(path))
    }

    /// As of a service, and in a container's image, where `HOME` is a directory that is not there.
    @Test(arguments: [["HOME": "/nonexistent"], ["HOME": "/"], ["XDG_STATE_HOME": "/state"], [:]])
    func aUserWhoWasGivenTheSystemsDirectoryHasItThere(environment: [String: String]) {
        #expect(StandardState.path(user: 65534, environment: environment) { _ in true } == StandardState.system)
    }
}

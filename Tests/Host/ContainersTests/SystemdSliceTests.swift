import Containers
import Testing

@Suite struct SystemdSliceTests {
    @Test(arguments: [
        ("0::/transponder.slice/transponder.service\n", "transponder.slice"),
        ("0::/system.slice/transponder.service\n", "system.slice"),
        ("0::/media.slice/media-live.slice/transponder.service\n", "media-live.slice"),
        ("4:memory:/elsewhere\n1:name=systemd:/transponder.slice/transponder.service\n0::/\n", "transponder.slice"),
        // A name may have a colon.
        ("0::/odd:one.slice/x.service\n", "odd:one.slice"),
    ])
    func itIsTheInnermostThatTheProcessRunsIn(membership: String, name: String) {
        #expect(SystemdSlice(membership: membership)?.name == name)
    }

    @Test(arguments: [
        "", "0::/user.slice/user-0.slice/session-3.scope\n", "0::/\n", "0::/init.scope\n",
        "12:memory:/transponder.slice\n", "0:\n", ":::\n", "nonsense",
    ])
    func whereSystemdHasPutItIntoNoneThereIsNone(membership: String) {
        #expect(SystemdSlice(membership: membership) == nil)
    }
}

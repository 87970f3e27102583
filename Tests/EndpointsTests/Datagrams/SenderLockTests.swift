import Endpoints
import Linux
import Testing

@Suite struct SenderLockTests {
    private static let camera = InternetAddress(.v4(0x0a00_0005), port: 6000)
    private static let stranger = InternetAddress(.v4(0x0a00_0006), port: 6000)
    private static let second: Int64 = 1_000_000

    /// A lock that expectations may ask.
    private final class Lock {
        private var lock: SenderLock

        init(_ allowed: InternetAddress.Host?) {
            self.lock = SenderLock(allowed: allowed, timeout: 2 * SenderLockTests.second)
        }

        var foreign: UInt64 { self.lock.foreign }
        func address(of media: Int) -> InternetAddress? { self.lock.address(of: media) }
        func admitReport(_ sender: InternetAddress) -> Bool { self.lock.admitReport(sender) }
        func release() { self.lock.release() }

        func admit(_ sender: InternetAddress, media: Int, now: Int64) -> SenderLock.Verdict {
            self.lock.admit(sender, media: media, now: now)
        }
    }

    private static func lock(_ allowed: InternetAddress.Host? = nil) -> Lock { Lock(allowed) }

    @Test func theFirstIsListenedToUntilItFallsSilent() {
        let lock = Self.lock()
        #expect(lock.admit(Self.camera, media: 0, now: 0) == .new)
        #expect(lock.admit(Self.camera, media: 0, now: 1) == .known)
        #expect(lock.admit(Self.stranger, media: 0, now: Self.second) == .foreign)
        #expect(lock.admit(Self.stranger, media: 1, now: Self.second) == .foreign)
        #expect(lock.foreign == 2)
        // Strangers do not keep it alive.
        #expect(lock.admit(Self.stranger, media: 0, now: 2 * Self.second + 1) == .new)
        #expect(lock.admit(Self.camera, media: 0, now: 2 * Self.second + 2) == .foreign)
    }

    @Test func whoComesBackIsNoStranger() {
        let lock = Self.lock()
        _ = lock.admit(Self.camera, media: 0, now: 0)
        #expect(lock.admit(Self.camera, media: 0, now: 60 * Self.second) == .known)
    }

    /// A flood from the right machine but another program.
    @Test func aMediumHasOnePort() {
        let lock = Self.lock()
        var other = Self.camera
        other.port = 7000
        _ = lock.admit(Self.camera, media: 0, now: 0)
        #expect(lock.admit(other, media: 0, now: 1) == .foreign)
        // Sound has a port of its own, and is restarted by itself.
        #expect(lock.admit(other, media: 1, now: 1) == .known)
        for time in 1...3 { _ = lock.admit(Self.camera, media: 0, now: Int64(time) * Self.second) }
        other.port = 7001
        #expect(lock.admit(other, media: 1, now: 3 * Self.second) == .known)
        #expect(lock.address(of: 1)?.port == 7001)
        #expect(lock.address(of: 2) == nil)
    }

    @Test func onlyTheOneThatIsNamed() {
        let lock = Self.lock(Self.camera.host)
        #expect(lock.admit(Self.stranger, media: 0, now: 0) == .foreign)
        #expect(lock.admit(Self.camera, media: 0, now: 1) == .new)
        #expect(lock.admit(Self.stranger, media: 0, now: 60 * Self.second) == .foreign)
    }

    @Test func reportsBeginNothing() {
        let lock = Self.lock()
        #expect(!lock.admitReport(Self.camera))
        _ = lock.admit(Self.camera, media: 0, now: 0)
        #expect(lock.admitReport(InternetAddress(Self.camera.host, port: 9)))
        #expect(!lock.admitReport(Self.stranger))
        #expect(lock.foreign == 1)
    }

    @Test func afterAGoodbyeAnybodyMayBegin() {
        let lock = Self.lock()
        _ = lock.admit(Self.camera, media: 0, now: 0)
        lock.release()
        #expect(lock.admit(Self.stranger, media: 0, now: 1) == .new)
    }
}

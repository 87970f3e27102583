import DatagramService
import Linux
import Sessions
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

    @Test func theKernelIsToldWhoIsWanted() {
        var lock = SenderLock(allowed: nil, timeout: 2 * Self.second)
        #expect(lock.admission(media: 0, now: 0) == nil)
        #expect(lock.deadline(now: 0) == nil)
        _ = lock.admit(Self.camera, media: 0, now: 0)
        #expect(lock.admission(media: 0, now: 1) == .init(Self.camera.host, port: Self.camera.port))
        #expect(lock.admission(media: 1, now: 1) == .init(Self.camera.host))
        _ = lock.admit(Self.camera, media: 1, now: Self.second)
        #expect(lock.deadline(now: Self.second) == 2 * Self.second)
        // The first medium is silent: it may come back from another port, and nobody else may.
        #expect(lock.admission(media: 0, now: 2 * Self.second) == .init(Self.camera.host))
        #expect(lock.deadline(now: 2 * Self.second) == 3 * Self.second)
        #expect(lock.admission(media: 0, now: 3 * Self.second) == nil)
        #expect(lock.deadline(now: 3 * Self.second) == nil)
        lock.release()
        #expect(lock.admission(media: 1, now: Self.second) == nil)
        let named = SenderLock(allowed: Self.camera.host, timeout: Self.second)
        #expect(named.admission(media: 0, now: 60 * Self.second) == .init(Self.camera.host))
        #expect(named.reportAdmission(now: 0) == .init(Self.camera.host))
    }

    /// The next sender's first report may come before the one on air is silent.
    @Test func onlyAFloodOfReportsIsKeptOut() {
        var lock = SenderLock(allowed: nil, timeout: 2 * Self.second)
        _ = lock.admit(Self.camera, media: 0, now: 0)
        for _ in 0..<32 { _ = lock.admitReport(Self.stranger) }
        #expect(lock.reportAdmission(now: 1) == nil)
        _ = lock.admitReport(Self.stranger)
        #expect(lock.reportAdmission(now: 1) == .init(Self.camera.host))
        #expect(lock.reportAdmission(now: 2 * Self.second) == nil)
    }

    /// Whatever the kernel keeps out would have been refused.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func theKernelKeepsOutNobodyWhoIsWanted(seed: UInt64) {
        var dice = seed
        func roll(_ count: UInt64) -> UInt64 {
            dice = dice &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return dice >> 33 % count
        }
        var lock = SenderLock(allowed: seed % 4 == 0 ? Self.camera.host : nil, timeout: 2 * Self.second)
        var now: Int64 = 0
        var keptOut = 0
        for _ in 0..<20_000 {
            now += Int64(roll(roll(20) == 0 ? 3_000_000 : 300_000))
            let host = roll(2) == 0 ? Self.camera.host : Self.stranger.host
            let sender = InternetAddress(host, port: UInt16(6000 + roll(3)))
            let media = Int(roll(2))
            if let admission = lock.admission(media: media, now: now),
                admission.host != sender.host || admission.port.map({ $0 != sender.port }) ?? false
            {
                var copy = lock
                #expect(copy.admit(sender, media: media, now: now) == .foreign)
                keptOut += 1
            } else {
                _ = lock.admit(sender, media: media, now: now)
            }
        }
        #expect(keptOut > 1000)
    }

    @Test func afterAGoodbyeAnybodyMayBegin() {
        let lock = Self.lock()
        _ = lock.admit(Self.camera, media: 0, now: 0)
        lock.release()
        #expect(lock.admit(Self.stranger, media: 0, now: 1) == .new)
    }
}

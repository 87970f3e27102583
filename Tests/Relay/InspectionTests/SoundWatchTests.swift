import Contract
import Inspection
import Media
import NIOCore
import Testing

/// How sound is listened to where looks into it come as they should, and on a machine that has little time for them.
@Suite struct SoundWatchTests {
    /// Packets of 20 ms of µ-law, which 0xff is silence of.
    private struct Line {
        var watch = SoundWatch(.audio, CodecConfiguration(pcm: .pcmu))
        /// Of the next packet, and the clock, µs.
        private(set) var time: Int64 = 0

        mutating func pass(_ seconds: Double, isSilent: Bool) {
            let end = self.time + Int64(seconds * 1_000_000)
            while self.time < end {
                let bytes = (0..<160).map { isSilent ? 0xff : UInt8($0 & 0x7f) }
                let at = MediaTime(microseconds: self.time)
                self.watch.keep(Packet(track: .audio, pts: at, dts: at, payload: ByteBuffer(bytes: bytes)))
                self.time += 20_000
            }
        }

        mutating func look() { self.watch.look(at: self.time) }

        /// For how long there has been nothing to be heard, as far as is known, s; nil where there is.
        var silence: Double? {
            self.watch.inspection.flatMap { sound in
                sound.zeroSince.map { (sound.at - $0) / .seconds(1) }
            }
        }
    }

    @Test(arguments: [1, 2, 4, 8]) func silenceIsKnownHoweverSeldomItIsLookedInto(_ pause: Double) {
        var line = Line()
        line.pass(pause, isSilent: false)
        line.look()
        #expect(line.watch.inspection?.peak ?? -100 > -60)
        #expect(line.silence == nil)
        for look in 0..<3 {
            line.pass(pause, isSilent: true)
            line.look()
            #expect(line.silence == Double(look) * pause)
        }
        line.pass(pause, isSilent: false)
        line.look()
        #expect(line.silence == nil)
        #expect(line.watch.failures == 0)
    }

    /// A speaker's pauses, of which each look meets one, are not one silence: all that came between is listened to.
    @Test(arguments: [2.0, 4, 8]) func aWordBetweenTwoLooksIsHeard(_ pause: Double) {
        var line = Line()
        for _ in 0..<4 {
            line.pass(pause / 2, isSilent: false)
            line.pass(pause / 2, isSilent: true)
            line.look()
            #expect((line.silence ?? 0) < 1)
        }
    }

    /// What nobody has listened to may have been anything.
    @Test func silenceDoesNotReachOverWhatWasNotHeard() {
        var line = Line()
        line.pass(1, isSilent: true)
        line.look()
        line.pass(15, isSilent: true)
        line.look()
        #expect(line.silence == 0)
    }
}

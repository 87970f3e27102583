import Media
import NIOCore
import Streams
import Testing

@Suite struct WarmGOPTests {
    private var warm = WarmGOP()
    private let camera = Camera()

    private mutating func keep(_ events: [SourceEvent], at seconds: Double = 0) {
        for event in events { self.warm.keep(event, now: .at(seconds)) }
    }

    private var packets: Int {
        self.warm.arrivals(now: .at(9)).count { if case .packet = $0.event { true } else { false } }
    }

    @Test mutating func itBeginsWithTheNewestKeyframe() {
        self.keep(self.camera.configurations + self.camera.pictures(1..<10))
        #expect(!self.warm.canBegin)
        self.keep(self.camera.pictures(20..<30))
        #expect(self.warm.canBegin)
        #expect(self.packets == 10)
        self.keep(self.camera.pictures(50..<51), at: 2)
        #expect(self.packets == 2)
        let arrivals = self.warm.arrivals(now: .at(9))
        #expect(arrivals.map(\.event).prefix(2) == self.camera.configurations[...])
        #expect(arrivals.allSatisfy { $0.at == .at(2) })
    }

    @Test mutating func anotherCodingNeedsAnotherKeyframe() {
        self.keep(self.camera.configurations + self.camera.pictures(0..<5))
        var other = self.camera
        other.record = Camera.otherH264
        self.keep(other.configurations)
        #expect(!self.warm.canBegin)
    }

    @Test mutating func aGroupThatIsTooLongIsNotKept() {
        var large = self.camera
        large.pictureBytes = 1 << 20
        self.keep(large.configurations + large.pictures(0..<7))
        #expect(self.warm.canBegin)
        self.keep(large.pictures(7..<9))
        #expect(!self.warm.canBegin)
        self.keep(large.pictures(25..<26))
        #expect(self.packets == 2)
    }

    @Test mutating func whatTheSourceLeavesOutIsToldWhenItGoesOnAir() {
        let omission = MediaOmission(.audio, codec: "PCM", reason: .unsupportedCodec, sentence: "Send AAC.")
        self.keep([.omission(omission), .omission(omission)])
        #expect(self.warm.arrivals(now: .at(9)).map(\.event) == [.omission(omission)])
        for number in 0..<100 {
            self.keep([.omission(MediaOmission(.data, codec: "\(number)", reason: .malformed, sentence: ""))])
        }
        #expect(self.warm.arrivals(now: .at(9)).count == 16)
    }
}

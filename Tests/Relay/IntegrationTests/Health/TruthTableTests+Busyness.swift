import Linux
import Toolkit

extension TruthTableTests {
    /// How long the encoder of a row and the relay have waited for a processor: on a machine that others keep busy a fault comes to
    /// the relay later than the encoder's clock says, and the relay, whose looks into media give way to all else, sees it later.
    struct Busyness {
        private let at = ContinuousClock.now
        private let encoder: ProcessorWait?
        private let relay: ProcessorWait?

        init(_ stage: borrowing Stage, _ relay: RelayProcess) {
            self.encoder = stage.encoding.flatMap(ProcessorWait.init(of:))
            self.relay = ProcessorWait(of: relay.pid)
        }

        /// Since an earlier reading, s. Whoever was not there then, or is not now, is not counted.
        func held(since earlier: Busyness?) -> Double {
            guard let earlier else { return 0 }
            let time = self.at - earlier.at
            func wait(_ now: ProcessorWait?, _ then: ProcessorWait?) -> Duration {
                guard let now, let then else { return .zero }
                return now.waited(since: then, of: time)
            }
            return (wait(self.encoder, earlier.encoder) + wait(self.relay, earlier.relay)) / .seconds(1)
        }
    }
}

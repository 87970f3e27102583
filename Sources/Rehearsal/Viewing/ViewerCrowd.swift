internal import Linux
internal import Synchronization

/// A thread that plays streams of one format many times over.
final class ViewerCrowd: Sendable {
    struct Plan: Sendable {
        struct Target: Sendable {
            let address: StreamAddress
            let endpoint: InternetAddress
        }

        let format: StreamAddress.Format
        /// Where the viewers play from, in turn.
        let targets: [Target]
        let viewers: Int
        /// How many of the viewers look for latency stamps.
        let probes: Int
        /// See ``StreamProgress/gapLimit``.
        let gapLimit: Int64

        /// Probes are spread evenly: servers that send to one viewer after the other make the last ones wait longest.
        func isProbe(_ viewer: Int) -> Bool {
            self.probes > 0 && viewer * self.probes % self.viewers < self.probes
        }
    }

    let plan: Plan
    let control: CrowdControl
    private let outcome = Mutex(CrowdOutcome())
    private let thread = Mutex<WorkerThread?>(nil)

    init(_ plan: Plan) throws(LinuxError) {
        self.plan = plan
        self.control = try CrowdControl()
    }

    func start() throws(LinuxError) {
        let thread = try WorkerThread(name: "viewers-\(self.plan.format)") {
            let outcome =
                switch self.plan.format {
                case .rtmp: CrowdLoop<RTMPPlaySession>.run(self.plan, self.control)
                case .flv: CrowdLoop<HTTPPlaySession<FLVScanner>>.run(self.plan, self.control)
                case .ts: CrowdLoop<HTTPPlaySession<TransportStreamScanner>>.run(self.plan, self.control)
                case .mp4: CrowdLoop<HTTPPlaySession<FragmentedMP4Scanner>>.run(self.plan, self.control)
                case .rtsp, .rtspu: CrowdLoop<RTSPPlaySession>.run(self.plan, self.control)
                case .srt: CrowdLoop<SRTPlaySession>.run(self.plan, self.control)
                }
            self.outcome.withLock { $0 = outcome }
        }
        self.thread.withLock { $0 = thread }
    }

    /// Ends the viewers and says how they fared.
    func finish() -> CrowdOutcome {
        self.control.enter(.over)
        self.thread.withLock { $0.take() }?.join()
        return self.outcome.withLock(\.self)
    }
}

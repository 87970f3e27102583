internal import CLibav
internal import Synchronization

/// Where libav's own log lines go instead of stderr: to a sink the program installs, at most so many a second.
///
/// libav logs from whatever thread calls it, per packet if a peer's bytes make it: so lines are counted always and
/// handed on seldom.
package enum LibavLog {
    package enum Level: Int, Comparable, Sendable {
        case fatal, error, warning, info

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

        init(_ code: Int32) {
            self =
                code <= AV_LOG_FATAL
                ? .fatal : code <= AV_LOG_ERROR ? .error : code <= AV_LOG_WARNING ? .warning : .info
        }

        var code: Int32 {
            switch self {
            case .fatal: AV_LOG_FATAL
            case .error: AV_LOG_ERROR
            case .warning: AV_LOG_WARNING
            case .info: AV_LOG_INFO
            }
        }
    }

    package struct Line: Hashable, Sendable {
        package let level: Level
        /// The muxer or filter that spoke, as libav names it.
        package let component: String
        /// Without its line end, cut at 511 bytes.
        package let text: String
        /// Lines not handed on since the one before this.
        package let suppressed: Int
    }

    package struct Counts: Hashable, Sendable {
        package var errors = 0
        package var warnings = 0
        /// Lines the sink was spared.
        package var suppressed = 0
    }

    /// Routes lines of the level and graver to the sink, which is called on any thread and must not call libav.
    ///
    /// - Parameters:
    ///   - level: the least grave lines to hand on.
    ///   - perSecond: lines handed on in one second of `clock`; the others are counted.
    ///   - clock: time since any instant.
    ///   - sink: what takes the lines; the next call replaces it.
    package static func install(
        level: Level = .warning,
        perSecond: Int = 10,
        clock: @escaping @Sendable () -> Duration = Self.uptime,
        sink: @escaping @Sendable (Line) -> Void
    ) {
        Self.router.withLock { router in
            router = LogRouter(limit: perSecond, clock: clock, sink: sink, counts: router.counts)
        }
        unsafe libav_install_log_handler(
            { level, component, line in
                guard let component = unsafe component, let line = unsafe line else { return }
                unsafe LibavLog.route(
                    level: Level(level),
                    component: String(cString: component),
                    text: String(cString: line)
                )
            },
            level.code
        )
    }

    /// Lines of the installed level seen since the first sink was installed.
    package static var counts: Counts { Self.router.withLock { $0.counts } }

    /// Says a line as libav would, for tests of the way from there to a sink.
    package static func say(_ text: String, level: Level = .warning) {
        unsafe text.withCString { unsafe libav_log_plain(level.code, $0) }
    }

    @usableFromInline package static func uptime() -> Duration {
        ContinuousClock.now - Self.start
    }

    private static let start = ContinuousClock.now
    private static let router = Mutex(LogRouter())

    private static func route(level: Level, component: String, text: String) {
        let handover = Self.router.withLock { $0.admit(level: level, component: component, text: text) }
        if let (sink, line) = handover { sink(line) }
    }
}

/// Decides which lines a sink gets.
private struct LogRouter {
    var limit = 0
    var clock: @Sendable () -> Duration = { .zero }
    var sink: (@Sendable (LibavLog.Line) -> Void)?
    var counts = LibavLog.Counts()
    private var windowStart: Duration?
    private var inWindow = 0
    private var unreported = 0

    init() {}

    init(
        limit: Int,
        clock: @escaping @Sendable () -> Duration,
        sink: @escaping @Sendable (LibavLog.Line) -> Void,
        counts: LibavLog.Counts
    ) {
        self.limit = limit
        self.clock = clock
        self.sink = sink
        self.counts = counts
    }

    mutating func admit(
        level: LibavLog.Level,
        component: String,
        text: String
    ) -> (@Sendable (LibavLog.Line) -> Void, LibavLog.Line)? {
        if level <= .error { self.counts.errors += 1 }
        if level == .warning { self.counts.warnings += 1 }
        guard let sink = self.sink else { return nil }
        let now = self.clock()
        if self.windowStart.map({ now - $0 >= .seconds(1) }) ?? true {
            self.windowStart = now
            self.inWindow = 0
        }
        guard self.inWindow < self.limit else {
            self.counts.suppressed += 1
            self.unreported += 1
            return nil
        }
        self.inWindow += 1
        defer { self.unreported = 0 }
        let line = LibavLog.Line(
            level: level,
            component: component,
            text: String(text.drop { $0 == "\n" }.prefix { $0 != "\n" }),
            suppressed: self.unreported
        )
        return (sink, line)
    }
}

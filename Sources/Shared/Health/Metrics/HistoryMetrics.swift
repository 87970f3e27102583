import Contract

/// What `/metrics` says of the history that a host writes.
struct HistoryMetrics: Sendable {
    private let history: HistorySnapshot?

    init(_ history: HistorySnapshot?) {
        self.history = history
    }

    var families: [MetricFamily] {
        var rows = MetricFamily("history_rows_total", .counter, "Rows of the history, by what came of them.")
        var waiting = MetricFamily("history_waiting_rows", .gauge, "Rows that wait to be written down.")
        var size = MetricFamily("history_size_bytes", .gauge, "Bytes that the history has on the disk.")
        var trouble = MetricFamily("history_trouble", .gauge, "1 while the history cannot be written.")
        if let history, history.isOn {
            rows.add(history.written, [("result", "written")])
            rows.add(history.dropped, [("result", "dropped")])
            waiting.add(history.waiting, [])
            size.add(history.size, [])
            trouble.add(history.trouble == nil ? 0 : 1, [])
        }
        return [rows, waiting, size, trouble]
    }
}

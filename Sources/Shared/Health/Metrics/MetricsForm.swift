import Encodings

/// How metrics are written.
package enum MetricsForm: Hashable, Sendable {
    /// The text format of Prometheus, version 0.0.4.
    case prometheus
    /// OpenMetrics, version 1.0.
    case openMetrics

    package var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// What somebody is answered who accepts that (RFC 9110 section 12.5.1): OpenMetrics where it is named and wanted no less than
    /// plain text.
    ///
    /// - Parameter values: those of all headers `Accept`.
    package init(accepting values: [String]) {
        var open: Double?
        var plain: Double?
        for range in values.flatMap({ $0.parts(at: ",") }).prefix(Self.mostRanges) {
            let parts = range.parts(at: ";").map { $0.trimmingBlanks().lowercased() }
            let parameters = parts.dropFirst()
            let weight = parameters.first { $0.begins(with: "q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            switch parts.first {
            // Of another version nobody here knows what it is.
            case "application/openmetrics-text"
            where parameters.allSatisfy { !$0.begins(with: "version=") || $0 == "version=1.0.0" }:
                open = max(open ?? 0, weight)
            case "text/plain", "text/*": plain = max(plain ?? 0, weight)
            default: break
            }
        }
        guard let open, open > 0, open >= plain ?? 0 else {
            self = .prometheus
            return
        }
        self = .openMetrics
    }

    private static let mostRanges = 32
}

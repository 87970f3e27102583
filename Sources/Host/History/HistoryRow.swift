package import Events

/// What is written down: something that happened, or a venue's minute.
package enum HistoryRow: Hashable, Sendable {
    case event(NumberedEvent)
    case minute(VenueRow)
}

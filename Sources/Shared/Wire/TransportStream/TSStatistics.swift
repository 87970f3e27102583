/// What was wrong with a transport stream so far; per-packet facts are counted, not logged.
package struct TSStatistics: Hashable, Sendable, Codable {
    /// Packets read, padding included.
    package var packets: UInt64 = 0
    /// Times that packets did not follow one another where they should.
    package var syncLosses: UInt64 = 0
    /// Bytes passed over to find the next packet.
    package var skippedBytes: UInt64 = 0
    /// Packets that say of themselves that they are damaged, or whose first byte is.
    package var damagedPackets: UInt64 = 0
    /// Packets of tracks that were found to be missing by their counters, which start again at 16.
    package var lostPackets: UInt64 = 0
    /// Gaps that those make.
    package var gaps: UInt64 = 0
    package var duplicatePackets: UInt64 = 0
    /// Packets left out because they are encrypted.
    package var scrambledPackets: UInt64 = 0
    /// Sections of tables that were cut short, too long or had a wrong check sum.
    package var brokenSections: UInt64 = 0
    /// Times the tracks became others.
    package var tableChanges: UInt64 = 0
    /// Units left out because parts of them are missing.
    package var damagedUnits: UInt64 = 0
    /// Pictures left out between a loss and the next keyframe.
    package var heldUnits: UInt64 = 0
    /// Units or frames left out because they are not what the tables say, or larger than allowed.
    package var malformedUnits: UInt64 = 0
    /// Stream types (ISO/IEC 13818-1 table 2-34) of the programme that cannot be carried.
    package var foreignTypes: Set<UInt8> = []
    /// Programmes there are besides the one that is taken.
    package var otherPrograms = 0

    package init() {}

    /// Whether it can have come to this, for one that anybody may have written.
    var isPlausible: Bool {
        [
            self.packets, self.syncLosses, self.skippedBytes, self.damagedPackets, self.lostPackets, self.gaps,
            self.duplicatePackets, self.scrambledPackets, self.brokenSections, self.tableChanges, self.damagedUnits,
            self.heldUnits, self.malformedUnits,
        ].allSatisfy { $0 < TSLimits.counted }
    }
}

import Media
import NIOCore
import Wire

/// Where a mux that is dead stood with its sources, read from what it has left: interleaved packets, from a join on, in front
/// of which every source has reported.
struct RTPPast {
    /// By ``RTPOutgoingTrack/channel``.
    private(set) var sources: [UInt8: RTPSourceStanding] = [:]
    /// Wall-clock minus stream time, µs, as its reports tell it.
    private(set) var wallOffset: Int64?
    private var reports: [UInt8: RTCPSenderReport] = [:]
    private var records = 0

    /// Every source has sent a packet within so many records.
    private static let mostRecords = 512

    /// - Returns: whether more of what was left is of use.
    mutating func learn(from bytes: ByteBuffer, at time: MediaTime) -> Bool {
        var rest = bytes
        while let start = rest.readInteger(as: UInt8.self), start == 0x24,
            let channel = rest.readInteger(as: UInt8.self),
            let length = rest.readInteger(as: UInt16.self), let packet = rest.readSlice(length: Int(length))
        {
            if channel % 2 == 0 {
                self.note(packet, on: channel)
            } else {
                self.noteReport(packet, on: channel - 1, at: time)
            }
        }
        self.records += 1
        return self.records < Self.mostRecords && self.reports.keys.contains { self.sources[$0] == nil }
    }

    private mutating func note(_ packet: ByteBuffer, on channel: UInt8) {
        guard self.sources[channel] == nil, let report = self.reports[channel],
            let sequence = packet.getInteger(at: packet.readerIndex + 2, as: UInt16.self)
        else { return }
        self.sources[channel] = RTPSourceStanding(sequence: sequence, packets: report.packets, octets: report.bytes)
    }

    private mutating func noteReport(_ packet: ByteBuffer, on channel: UInt8, at time: MediaTime) {
        guard self.records == 0, self.reports[channel] == nil else { return }
        for case .senderReport(let report) in RTCPPacket.read(packet).packets {
            self.reports[channel] = report
            self.wallOffset = report.time.microseconds &- time.microseconds
        }
    }
}

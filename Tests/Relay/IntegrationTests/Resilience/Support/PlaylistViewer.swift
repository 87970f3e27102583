import Foundation
import Toolkit

/// A viewer of HLS: asks for the playlist and for every segment in it, again and again.
final class PlaylistViewer: Sendable {
    struct State: Sendable, CustomStringConvertible {
        var marks: [Int] = []
        var segments: [UInt64] = []
        /// Everything a player would stumble over.
        var faults: [String] = []
        var discontinuities = 0
        var polls = 0
        var text = ""
        fileprivate var sequence: UInt64 = 0
        fileprivate var discontinuitySequence = 0
        fileprivate var date = ""
        fileprivate var last: [Int: Int64] = [:]

        var description: String {
            "marks \(self.marks.suffix(5)), \(self.segments.count) segments, \(self.polls) polls, \(self.faults)\n\(self.text)"
        }
    }

    let seen = Observed(State())
    private let address: String
    private let task: Task<Void, Never>

    /// - Parameters:
    ///   - relay: where to ask.
    ///   - folder: `ts` or `hls`.
    init(_ relay: RelayProcess, folder: String = "ts") {
        let address = relay.stream("main", "/\(folder)/")
        let seen = self.seen
        self.address = address
        self.task = Task {
            while !Task.isCancelled {
                await Self.poll(address, seen)
                // A player asks about as often as there are segments.
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    deinit { self.task.cancel() }

    func wait(for mark: Int, within deadline: Duration = .seconds(30)) async throws {
        try await self.seen.wait(for: "HLS viewer to see mark \(mark)", within: deadline) { $0.marks.contains(mark) }
    }

    private static func poll(_ address: String, _ seen: Observed<State>) async {
        guard let playlist = try? await HTTP.get(address + "media.m3u8"), !Task.isCancelled else { return }
        seen.change { state in
            state.polls += 1
            state.text = playlist.text
        }
        // Until it has segments enough, a playlist is not there yet; afterwards it always is.
        guard playlist.status == 200 else {
            seen.change { state in
                if !state.segments.isEmpty { state.faults.append("status \(playlist.status): \(playlist.text)") }
            }
            return
        }
        for uri in self.new(in: playlist.text, seen) {
            guard let segment = try? await HTTP.get(address + uri) else { continue }
            guard segment.status == 200 else {
                seen.change { $0.faults.append("\(uri): status \(segment.status)") }
                continue
            }
            self.note(Array(segment.body), uri, seen)
        }
    }

    /// Checks the playlist's promises and tells which of its segments were not seen before.
    private static func new(in text: String, _ seen: Observed<State>) -> [String] {
        seen.change { state in
            var uris: [String] = []
            var sequence: UInt64 = 0
            var date = ""
            var discontinuities = 0
            for line in text.split(separator: "\n").map(String.init) {
                if let value = line.value(of: "#EXT-X-MEDIA-SEQUENCE:").flatMap({ UInt64($0) }) {
                    if value < state.sequence { state.faults.append("media sequence \(value) after \(state.sequence)") }
                    state.sequence = value
                    sequence = value
                } else if let value = line.value(of: "#EXT-X-DISCONTINUITY-SEQUENCE:").flatMap({ Int($0) }) {
                    if value < state.discontinuitySequence {
                        state.faults.append("discontinuity sequence \(value) after \(state.discontinuitySequence)")
                    }
                    state.discontinuitySequence = value
                } else if line == "#EXT-X-DISCONTINUITY" {
                    discontinuities += 1
                } else if let value = line.value(of: "#EXT-X-PROGRAM-DATE-TIME:") {
                    date = value
                } else if !line.hasPrefix("#") {
                    if state.segments.last.map({ sequence > $0 }) ?? true {
                        state.segments.append(sequence)
                        uris.append(line)
                        if !date.isEmpty, date < state.date { state.faults.append("\(date) after \(state.date)") }
                        if !date.isEmpty { state.date = date }
                        state.discontinuities += discontinuities
                    }
                    discontinuities = 0
                    sequence += 1
                }
            }
            return uris
        }
    }

    private static func note(_ bytes: [UInt8], _ uri: String, _ seen: Observed<State>) {
        guard uri.hasSuffix(".ts") else {
            seen.change { $0.marks += Mark.all(in: bytes).filter { [last = $0.marks.last] in $0 != last } }
            return
        }
        var packets = TransportPackets()
        do {
            let sights = try packets.read(bytes) + packets.finish()
            seen.change { state in
                for sight in sights {
                    for mark in sight.marks where state.marks.last != mark { state.marks.append(mark) }
                    guard let time = sight.time else { continue }
                    if let last = state.last[sight.track], time < last {
                        state.faults.append("\(uri), track \(sight.track): \(time) after \(last)")
                    }
                    state.last[sight.track] = time
                }
            }
        } catch {
            seen.change { $0.faults.append("\(uri): \(error)") }
        }
    }
}

extension String {
    fileprivate func value(of tag: String) -> String? {
        self.hasPrefix(tag) ? String(self.dropFirst(tag.count)) : nil
    }
}

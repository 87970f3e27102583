import Contract
import Foundation
import Settings
import Testing

@Suite struct ShippedConfigurationTests {
    static let lines: [String] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../configs/transponder.yaml")
        return ((try? String(contentsOf: file, encoding: .utf8)) ?? "").components(separatedBy: "\n")
    }()

    /// The file with the keys behind a `#` brought to life. Prose has a space after the mark.
    static let everything = lines.map { line -> String in
        guard let mark = line.firstIndex(of: "#"), line[line.index(after: mark)...].first?.isLetter == true else {
            return line
        }
        return line[..<mark] + String(line[line.index(after: mark)...])
    }

    @Test func saysWhatIsInForceWithoutIt() throws {
        let text = Self.lines.joined(separator: "\n")
        let decoded = try ConfigurationDecoder(fileName: "transponder.yaml", user: 0).decode(Array(text.utf8))
        #expect(decoded == Configuration.standard)
        #expect(decoded.warnings.isEmpty)
        #expect(try ConfigurationDecoder(fileName: "", user: 0).decode(nil) == Configuration.standard)
    }

    @Test func examplesBehindAMarkAreValid() throws {
        // One of two places for the same thing.
        let text = Self.everything.filter { $0 != "  srt: 0.0.0.0:8890" && !$0.contains("_file: ") }
            .joined(separator: "\n")
        let decoder = ConfigurationDecoder(fileName: "transponder.yaml", files: ConfigurationDecoderTests.files)
        let decoded = try decoder.decode(Array(text.utf8))
        let relay = try #require(decoded.relays.first)
        #expect(relay.streams?.map(\.name.rawValue) == ["camera", "encoder", "main", "remote"])
        let pushes = relay.streams?.first { $0.name.rawValue == "main" }?.push
        #expect(pushes?.map(\.name.rawValue) == ["box", "hall", "room", "wall"])
        #expect(relay.multicast?.groups == (try GroupRange("239.255.42.0/24")))
        #expect(relay.multicast?.ports == MulticastSpec.standardPorts)
        #expect(relay.venues.map(\.name.rawValue) == ["kyoto"])
        #expect(relay.starts == StartTime(unix: 1_796_446_800))
        #expect(relay.publishKey == (try Secret("change-me")))
        #expect(decoded.warnings.isEmpty)
    }

    @Test(arguments: ConfigurationKeys.all) func showsEveryKey(_ path: [String]) {
        let key = path.last ?? ""
        #expect(Self.everything.contains { line in line.contains("\(key):") }, "\(path.joined(separator: "."))")
    }
}

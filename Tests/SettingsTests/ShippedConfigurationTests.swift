import Contract
import Foundation
import Settings
import Testing

@Suite struct ShippedConfigurationTests {
    static let lines: [String] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../configs/transponder.yaml")
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
        let decoded = try ConfigurationDecoder(fileName: "transponder.yaml").decode(Array(text.utf8))
        #expect(decoded == Configuration.standard)
        #expect(decoded.warnings.isEmpty)
        #expect(try ConfigurationDecoder(fileName: "").decode(nil) == Configuration.standard)
    }

    @Test func examplesBehindAMarkAreValid() throws {
        let text = Self.everything.joined(separator: "\n")
        let decoded = try ConfigurationDecoder(fileName: "transponder.yaml").decode(Array(text.utf8))
        let relay = try #require(decoded.relays.first)
        #expect(relay.streams?.map(\.name.rawValue) == ["camera", "encoder", "main"])
        #expect(relay.venues.map(\.name.rawValue) == ["kyoto"])
        #expect(relay.publishKey == (try Secret("change-me")))
        #expect(decoded.warnings.count == 4)
    }

    @Test(arguments: ConfigurationKeys.all) func showsEveryKey(_ path: [String]) {
        let key = path.last ?? ""
        #expect(Self.everything.contains { line in line.contains("\(key):") }, "\(path.joined(separator: "."))")
    }
}

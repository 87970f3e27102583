import Foundation
import Settings
import Testing
import Toolkit

@Suite struct HostileFileTests {
    private func complaint(_ bytes: [UInt8]) -> String {
        do {
            _ = try ConfigurationDecoder(fileName: "t.yaml").decode(bytes)
            return ""
        } catch {
            return error.description
        }
    }

    private func complaint(_ text: String) -> String { self.complaint(Array(text.utf8)) }

    @Test func aliases() {
        let bomb =
            "a: &a [x, x]\n"
            + (1...40).map { "k\($0): &b\($0) [*a, *a]" }.joined(separator: "\n")
        #expect(self.complaint(bomb).hasPrefix("t.yaml:1: anchors and aliases"))
        #expect(self.complaint("listen:\n  rtmp: *:1935\n").hasPrefix("t.yaml:2: anchors and aliases"))
        #expect(self.complaint("? *a\n: x").hasPrefix("t.yaml:1: anchors and aliases"))
        #expect(self.complaint("# the *best* & only\nstate: /tmp # *really*\n") == "")
        #expect(self.complaint("relays: { live: { publish_key: \"a*b\" } }") == "")
    }

    @Test func nesting() {
        #expect(self.complaint(String(repeating: "[", count: 5000)).contains("nests too deep"))
        #expect(self.complaint(String(repeating: "{a: ", count: 5000)).contains("nests too deep"))
        #expect(self.complaint(String(repeating: "- ", count: 5000)).contains("nests too deep"))
        let stairs = (0..<700).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
        #expect(!self.complaint(stairs).isEmpty)
    }

    @Test func size() {
        #expect(self.complaint([UInt8](repeating: 0x20, count: 600_000)).contains("a configuration has 524288 at most"))
    }

    @Test func encodings() {
        #expect(self.complaint([0xff, 0xfe, 0x61, 0x00]).contains("is not UTF-8 text"))
        #expect(self.complaint([0xef, 0xbb, 0xbf] + Array("state: /tmp".utf8)) == "")
        #expect(self.complaint("state: /tmp\r\nisolation: none\r\n") == "")
        #expect(!self.complaint([0x61, 0x00, 0x62]).isEmpty)
    }

    @Test func slips() {
        #expect(self.complaint("state: /a\nstate: /b\n").contains("'state' is there twice"))
        #expect(
            self.complaint("listen:\n\trtmp: 1935\n") == "t.yaml:2: the line is indented with a tab; YAML wants spaces."
        )
        #expect(self.complaint("a: 1\n---\nb: 2\n").contains("t.yaml:2: this is not YAML"))
        #expect(self.complaint("state: [").contains("this is not YAML"))
        #expect(self.complaint("state: \"/tmp\nisolation: none").contains("this is not YAML"))
        #expect(self.complaint("{a: 1}: 2").contains("a key must be a single word"))
        #expect(self.complaint("just words").contains("a single value stands here; write keys under it"))
        #expect(self.complaint("") == "")
        #expect(self.complaint("# nothing\n") == "")
    }

    /// Every cut and many flips of a good file get an answer.
    @Test func damage() {
        let good = Array("listen: { rtmp: \"[::]:1935\" }\nrelays:\n  live:\n    tick: 10ms # *\n".utf8)
        for cut in good.indices { _ = self.complaint(Array(good[..<cut])) }
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            var bytes = good
            for _ in 0..<3 { bytes[Int(random.next() % UInt64(good.count))] = UInt8(truncatingIfNeeded: random.next()) }
            _ = self.complaint(bytes)
        }
    }

    @Test func filesThatAreNone() {
        #expect(throws: ConfigurationError.self) { try ConfigurationFile.load("/nowhere/x.yaml", environment: [:]) }
        do {
            _ = try ConfigurationFile.load("/dev/zero", environment: [:])
            Issue.record("a device without end was read")
        } catch {
            #expect(error.description.contains("/dev/zero: the file has 524289 bytes"))
        }
        do {
            _ = try ConfigurationFile.load("/tmp", environment: [:])
            Issue.record("a directory was read")
        } catch {
            #expect(error.description == "/tmp: this is a directory, not a file.")
        }
    }
}

import Contract
import Settings
import Synchronization
import Testing

@Suite struct SecretFilesTests {
    private static let files = CompanionFiles { (path, limit) throws(ValueError) in
        switch path {
        case "key": Array("from-the-file\n".utf8)
        case "windows": Array("from-the-file\r\n".utf8)
        case "empty": Array("\n".utf8)
        case "long": Array(repeating: UInt8(ascii: "x"), count: limit + 1)
        case "spaces": Array("two words".utf8)
        case "bytes": [0xff, 0xfe]
        default: throw ValueError("there is no file '\(path)'.")
        }
    }

    private static func decode(_ text: String, _ environment: [String: String] = [:]) throws -> RelaySpec {
        let configuration = try ConfigurationDecoder(fileName: "t.yaml", environment: environment, files: Self.files)
            .decode(Array(text.utf8))
        return try #require(configuration.relays.first)
    }

    private static func complaint(_ text: String) -> String {
        do {
            _ = try Self.decode(text)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: ["key", "windows"]) func aSecretMayStandInAFile(file: String) throws {
        let spec = try Self.decode("relays: { live: { publish_key_file: \(file) } }")
        #expect(spec.publishKey == (try Secret("from-the-file")))
    }

    @Test func itIsKnownWhereAPublishKeyStands() throws {
        func places(_ text: String, _ environment: [String: String] = [:]) throws -> [RelayName: PublishKeyPlace] {
            try ConfigurationDecoder(fileName: "t.yaml", environment: environment, files: Self.files)
                .decode(Array(text.utf8)).publishKeys
        }
        let live = try RelayName("live")
        #expect(try places("relays: { live: { publish_key_file: key } }") == [live: .file("key")])
        let written = SettingOrigin.file("t.yaml", line: 1)
        #expect(try places("relays: { live: { publish_key: mine } }") == [live: .setting(written)])
        let variable = "TRANSPONDER_RELAYS_LIVE_PUBLISH_KEY"
        #expect(try places("relays: { live: {} }", [variable: "k"]) == [live: .setting(.environment(variable))])
        #expect(try places("relays: { live: {} }", [variable + "_FILE": "key"]) == [live: .file("key")])
        #expect(try places("relays: { live: {} }").isEmpty)
    }

    @Test func everySecretMay() throws {
        let spec = try Self.decode(
            """
            relays:
              live:
                play: venues
                srt: { listen: 8890, publish_passphrase_file: key, play_passphrase_file: key }
                venues: { kyoto: { token_file: key } }
                streams:
                  main: { push: { room: { to: "srt://h:9000", passphrase_file: key } } }
                  remote: { srt: { call: "10.0.0.7:9000", passphrase_file: key } }
            """
        )
        let secret = try Secret("from-the-file")
        #expect(spec.srt.publishPassphrase == secret && spec.srt.playPassphrase == secret)
        #expect(spec.venues.map(\.token) == [secret])
        let text = "\(spec)"
        #expect(!text.contains("from-the-file"))
    }

    @Test(arguments: [
        (
            "publish_key: a-key, publish_key_file: key",
            "'publish_key' and 'publish_key_file' exclude each other; keep one."
        ),
        ("publish_key_file: nowhere", "there is no file 'nowhere'."),
        ("publish_key_file: empty", "'empty' has no secret in its first line."),
        ("publish_key_file: long", "'long' has more than 2050 bytes."),
        ("publish_key_file: bytes", "'bytes' is not UTF-8 text."),
        ("publish_key_file: [key]", "write the path of a file."),
        ("venues: { kyoto: { token_fil: key } }", "did you mean 'token_file'?"),
    ])
    func whatIsWrongIsToldByItsPlace(lines: String, sentence: String) {
        let complaint = Self.complaint("relays: { live: { \(lines) } }")
        #expect(complaint.contains(sentence), "\(complaint)")
        #expect(complaint.contains("relays.live."), "\(complaint)")
    }

    @Test func whatAFileHoldsIsCheckedAndNotPrinted() {
        let complaint = Self.complaint("relays: { live: { publish_key_file: spaces } }")
        #expect(complaint.contains("relays.live.publish_key"), "\(complaint)")
        #expect(!complaint.contains("two words"), "\(complaint)")
    }

    @Test func aVariableWinsOverTheFileOfSettings() throws {
        let key = ["TRANSPONDER_RELAYS_LIVE_PUBLISH_KEY": "from-a-variable"]
        let file = ["TRANSPONDER_RELAYS_LIVE_PUBLISH_KEY_FILE": "key"]
        let named = "relays: { live: { publish_key_file: key } }"
        let written = "relays: { live: { publish_key: written } }"
        #expect(try Self.decode(named, key).publishKey == (try Secret("from-a-variable")))
        #expect(try Self.decode(written, file).publishKey == (try Secret("from-the-file")))
        #expect(throws: ConfigurationError.self) { try Self.decode(written, key.merging(file) { $1 }) }
    }
}

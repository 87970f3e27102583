import Foundation
import Testing
import Toolkit

/// What the pages run is tested where it runs, by tests written in its own language.
@Suite struct ScriptTests {
    @Test func theScriptsPassTheirOwnTests() async throws {
        let folder = Checkout.root.appendingPathComponent("Tests/Host/PagesTests/Scripts").path
        let result = try await Program.start("node", ["--test", folder]).result(within: .seconds(60))
        let text = String(decoding: result.output, as: UTF8.self)
        #expect(result.ending == .exit(0), "\(text)")
        let count = text.split(separator: "\n").first { $0.contains("pass ") }
        print("figure: tests of the scripts: \(count ?? "none")")
        #expect(count?.contains("pass 0") == false)
    }
}

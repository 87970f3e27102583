import Foundation
import Testing
import Toolkit

extension RealPrograms {
    @Suite("Playing with Chromium")
    struct Chromium {
        /// What the page's script says of the element.
        struct Account: Decodable {
            var width: Int
            var height: Int
            var decoded: Int
            var audioBytes: Int
            var played: Double
            var times: [Double]
            var events: [String]
            var error: String?
        }

        @Test("A page's video element plays the MP4 and both kinds of HLS", arguments: [Outlet.mp4, .hls, .hlsTS])
        func play(_ outlet: Outlet) async throws {
            let stage = try await Stage.open(Sample(.h264, .aac))
            let script = Checkout.root.appendingPathComponent("Tests/Players/chromium.py").path
            let result = try await Program.run(
                "python3",
                [script, outlet.address(on: stage.relay), "2"],
                deadline: .seconds(100)
            )
            let account = try JSONDecoder().decode(Account.self, from: result.output)
            #expect(account.error == nil)
            #expect(account.width == 320 && account.height == 180)
            #expect(account.played >= 2, "\(account)")
            #expect(account.decoded >= 40, "\(account)")
            #expect(account.audioBytes > 0, "\(account)")
            #expect(zip(account.times, account.times.dropFirst()).allSatisfy { $0 <= $1 }, "\(account.times)")
        }
    }
}

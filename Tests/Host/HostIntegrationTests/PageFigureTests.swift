import Foundation
import Testing
import Toolkit

/// How soon the viewer page has a picture, how far that is behind the encoder's, and how soon it holds that again after a stall, in
/// Chromium. The build of the tests is what is measured.
///
/// `TRANSPONDER_LONG_PAGES` holds how often the page is loaded; README has the figures of 20.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["TRANSPONDER_LONG_PAGES"] != nil && Machine.runsContainers))
struct PageFigureTests {
    private struct Figures: Decodable {
        struct Account: Decodable {
            var count: Int
            var p50: Double
            var p95: Double
            var most: Double
        }

        var first: Account
        var latency: Account
        var held: Account
    }

    @Test func aPictureComesSoonAndIsNotLate() async throws {
        let loads = ProcessInfo.processInfo.environment["TRANSPONDER_LONG_PAGES"].flatMap(Int.init) ?? 20
        let host = try await HostUnderTest.start()
        let publisher = try TimedPicture.publish(
            to: host.rtmp("live/main?key=\(HostUnderTest.key)"),
            size: "1280x720"
        )
        try await host.waitForStream()
        let script = Checkout.root.appendingPathComponent("Tests/Players/loads.py").path
        let result = try await Program.run(
            "python3",
            [script, host.page("live/main"), "--loads", "\(loads)"],
            deadline: .seconds(500)
        )
        let figures = try JSONDecoder().decode(Figures.self, from: result.output)
        print("figure: the first picture after \(figures.first)")
        print("figure: behind the encoder by \(figures.latency)")
        print("figure: holds its latency again \(figures.held) after its line is whole")
        #expect(figures.first.count == loads && figures.latency.count > 30)
        #expect(figures.first.p95 < 2)
        #expect(figures.latency.p50 < 2.5)
        #expect(figures.held.p50 < 10)
        #expect(publisher.isRunning)
    }
}

import Foundation
import Testing
import Toolkit

/// The screen of a venue in real browsers, and what the operator sees of it.
@Suite(.serialized, .timeLimit(.minutes(3)), .enabled(if: Machine.runsContainers)) struct VenueScreenTests {
    private static let rooms = [("chromium", "kyoto"), ("firefox", "lima"), ("webkit", "oslo")]

    private static func state(_ name: String) -> String {
        "return document.documentElement.dataset.state === '\(name)'"
    }

    private struct Venues: Decodable {
        struct Venue: Decodable {
            var venue: String
            var state: String
            var sentence: String
            var latency: Double?
            var resolution: String?
        }

        var venues: [Venue]

        func named(_ name: String) -> Venue? { self.venues.first { $0.venue == name } }
    }

    private static func venues(
        of host: HostUnderTest,
        until isMet: @escaping @Sendable (Venues) -> Bool
    ) async throws -> Venues {
        let read = { @Sendable (response: HTTP.Response) in try JSONDecoder().decode(Venues.self, from: response.body) }
        return try read(
            await host.api.get(
                "relays/live/venues",
                until: { (try? read($0)).map(isMet) ?? false },
                within: .seconds(30)
            )
        )
    }

    @Test func roomsAreShownWhatThereIsAndTheOperatorSeesTheRooms() async throws {
        let tokens = Self.rooms.map { "\($0.1): { token: \($0.1)-secret }" }.joined(separator: ", ")
        let starts = ISO8601DateFormatter().string(from: Date().addingTimeInterval(600))
        let relay = HostUnderTest.relay("live", "play: venues", "starts: \(starts)", "venues: { \(tokens) }")
        let host = try await HostUnderTest.start([relay])
        let screens = try Self.rooms.map { try PageDriver($0.0) }
        let page = host.page("live/")
        try await withThrowingTaskGroup { group in
            for (screen, (browser, venue)) in zip(screens, Self.rooms) {
                group.addTask {
                    try await screen.tell("open \(page)?venue=\(venue)&token=guess")
                    let refusal = try await screen.run(String.self, "return document.body.innerText")
                    #expect(refusal.contains("This link is not valid"), "\(browser): \(refusal)")
                    try await screen.tell("open \(page)?venue=\(venue)&token=\(venue)-secret")
                    let address = try await screen.run(String.self, "return location.href")
                    #expect(address == "\(page)?venue=\(venue)", "\(browser)")
                    #expect(try await screen.run(String.self, "return document.cookie") == "", "\(browser)")
                    try await screen.waits(for: Self.state("card"))
                    // What the host says of the session comes a moment later.
                    try await screen.waits(for: "return document.querySelector('#until b').textContent !== ''")
                    let card = try await screen.run(String.self, "return document.body.innerText")
                    for text in ["\(venue) · live", "The session starts in", "from the last row", "Start the screen"] {
                        #expect(card.contains(text), "\(browser): \(text) in \(card)")
                    }
                    let countdown = "return document.querySelector('#until b').textContent"
                    let next = try await screen.run(String.self, countdown)
                    #expect(next.hasPrefix("9:") || next == "10:00", "\(browser): \(next)")
                    try await screen.picture("venue-opened")
                    try await screen.tell("click #start")
                    try await screen.waits(for: "return document.documentElement.dataset.started === 'yes'")
                    try await screen.waits(for: "return document.getElementById('opening').hidden")
                    try await screen.tell("click #left")
                    try await screen.waits(for: "return document.documentElement.dataset.idle === 'yes'")
                    let cursor = "return getComputedStyle(document.documentElement).cursor"
                    #expect(try await screen.run(String.self, cursor) == "none", "\(browser)")
                    try await screen.pictures("venue-card")
                }
            }
            try await group.waitForAll()
        }
        let ready = try await Self.venues(of: host) { $0.venues.allSatisfy { $0.state == "green" } }
        #expect(ready.named("kyoto")?.sentence == "kyoto is ready and shows the test card.")

        let main = try HostUnderTest.publish(to: host.rtmp("live/main?key=\(HostUnderTest.key)"))
        try await host.waitForStream("live/main")
        for screen in screens { try await screen.waits(for: Self.state("playing")) }
        let slides = try HostUnderTest.publish(to: host.rtmp("live/slides?key=\(HostUnderTest.key)"))
        try await host.waitForStream("live/slides")
        for (screen, (browser, _)) in zip(screens, Self.rooms) {
            try await screen.waits(for: "return document.documentElement.dataset.tiles === '2'")
            try await screen.pictures("venue-side")
            try await screen.tell("press 2")
            try await screen.waits(for: "return document.documentElement.dataset.layout === 'corner'")
            let widths =
                "return Array.from(document.querySelectorAll('.tile'), (tile) => tile.offsetWidth === innerWidth)"
            #expect(try await screen.run([Bool].self, widths) == [false, true], "\(browser)")
            let muted = "return Array.from(document.querySelectorAll('video'), (video) => video.muted)"
            #expect(try await screen.run([Bool].self, muted).last == true, "\(browser): one is heard")
            try await screen.waits(for: Self.state("playing"))
            try await screen.picture("venue-corner")
        }
        let playing = try await Self.venues(of: host) { venues in
            venues.venues.allSatisfy { $0.latency != nil && $0.resolution == "320x180" }
        }
        for venue in playing.venues {
            #expect((0.3...6).contains(venue.latency ?? 0), "\(venue)")
            print("figure: \(venue.venue) is \(venue.latency ?? 0) s behind; \(venue.sentence)")
        }
        let table = try await host.command("status").outputText
        #expect(table.contains("venue kyoto") && table.contains("    kyoto"), "\(table)")

        main.kill()
        slides.kill()
        for screen in screens {
            try await screen.waits(for: Self.state("stopped"))
            let sentence = "The main venue has stopped sending."
            try await screen.waits(for: "return document.body.innerText.includes('\(sentence)')")
            try await screen.picture("venue-stopped")
        }
        let waiting = try await Self.venues(of: host) { venues in
            venues.venues.allSatisfy { $0.sentence == "\($0.venue) waits for the main venue to send again." }
        }
        #expect(waiting.venues.allSatisfy { $0.state == "amber" })
        for screen in screens { try await screen.tell("open about:blank") }
        let gone = try await Self.venues(of: host) { $0.venues.allSatisfy { $0.state == "red" } }
        // A browser that ends may not get round to saying so.
        for venue in gone.venues where venue.sentence != "\(venue.venue) has closed its screen." {
            #expect(venue.sentence.hasPrefix("\(venue.venue) has not reported for "), "\(gone)")
        }
        #expect(!host.program.said.contains("secret"))
    }
}

import Crypto
import NIOHTTP1
import Web

/// The files that pages are made of. They are part of the program: nothing lies beside it.
enum PageFiles {
    static let viewer = PageFile("viewer.html", PackageResources.viewer_html)
    static let session = PageFile("session.html", PackageResources.session_html)
    static let venue = PageFile("venue.html", PackageResources.venue_html)
    static let console = PageFile("console.html", PackageResources.console_html)
    static let notice = PageFile("notice.html", PackageResources.notice_html)

    /// What pages load, by name.
    static let assets = [
        PageFile("addresses.mjs", PackageResources.addresses_mjs),
        PageFile("arrival.mjs", PackageResources.arrival_mjs),
        PageFile("beep.mjs", PackageResources.beep_mjs),
        PageFile("boxes.mjs", PackageResources.boxes_mjs),
        PageFile("codecs.mjs", PackageResources.codecs_mjs),
        PageFile("console.css", PackageResources.console_css),
        PageFile("console.mjs", PackageResources.console_mjs),
        PageFile("consoleparts.mjs", PackageResources.consoleparts_mjs),
        PageFile("consolewords.mjs", PackageResources.consolewords_mjs),
        PageFile("diagnosis.mjs", PackageResources.diagnosis_mjs),
        PageFile("health.mjs", PackageResources.health_mjs),
        PageFile("latency.mjs", PackageResources.latency_mjs),
        PageFile("layout.mjs", PackageResources.layout_mjs),
        PageFile("native.mjs", PackageResources.native_mjs),
        PageFile("notice.css", PackageResources.notice_css),
        PageFile("player.mjs", PackageResources.player_mjs),
        PageFile("players.mjs", PackageResources.players_mjs),
        PageFile("plot.mjs", PackageResources.plot_mjs),
        PageFile("qr.mjs", PackageResources.qr_mjs),
        PageFile("report.mjs", PackageResources.report_mjs),
        PageFile("sentences.mjs", PackageResources.sentences_mjs),
        PageFile("session.css", PackageResources.session_css),
        PageFile("session.mjs", PackageResources.session_mjs),
        PageFile("sessionwords.mjs", PackageResources.sessionwords_mjs),
        PageFile("sink.mjs", PackageResources.sink_mjs),
        PageFile("source.mjs", PackageResources.source_mjs),
        PageFile("stage.mjs", PackageResources.stage_mjs),
        PageFile("starter.mjs", PackageResources.starter_mjs),
        PageFile("statistics.mjs", PackageResources.statistics_mjs),
        PageFile("still.mjs", PackageResources.still_mjs),
        PageFile("tile.mjs", PackageResources.tile_mjs),
        PageFile("venue.css", PackageResources.venue_css),
        PageFile("venue.mjs", PackageResources.venue_mjs),
        PageFile("venuewords.mjs", PackageResources.venuewords_mjs),
        PageFile("viewer.css", PackageResources.viewer_css),
        PageFile("viewer.mjs", PackageResources.viewer_mjs),
    ]

    /// Changes with any of the files, so that a browser may keep each for ever at the address that it has.
    static let version: String = {
        var hash = SHA256()
        for file in Self.assets {
            hash.update(data: Array(file.name.utf8))
            hash.update(data: Array(file.text.utf8))
        }
        return hash.finalize().prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }()

    /// The folder of their addresses, which cannot be a relay's name.
    static let folder = "assets"

    static var base: String { "/\(Self.folder)/\(Self.version)" }

    /// A file by the version and the name in its address.
    static func reply(_ version: String, _ name: String) -> HTTPReply? {
        guard version == self.version, let file = self.asset(name) else { return nil }
        var reply = HTTPReply(.ok, contentType: file.contentType, cache: .forever, body: file.body)
        reply.extra = PageHeaders.every
        reply.isForEverySite = false
        return reply
    }

    static func asset(_ name: String) -> PageFile? { Self.assets.first { $0.name == name } }
}

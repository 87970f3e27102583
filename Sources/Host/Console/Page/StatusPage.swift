import Contract
import Health

/// The page at `/`: what there is, how it goes, and where to find it. Needs no script and nothing from elsewhere.
struct StatusPage: Sendable {
    let view: HostView

    /// The host and port this page was asked from.
    let authority: String

    /// Where streams are watched by HTTP; nil: where this page is.
    var media: ListenAddress?

    static let contentType = "text/html; charset=utf-8"

    static let headers = [
        ("Refresh", "5"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    ]

    func html() -> String {
        let page: HTMLText = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Transponder</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <h1>Transponder</h1>
            <p class="\(self.view.ready ? "good" : "bad")">\(self.view.sentence)</p>
            \(self.problem)
            \(self.certificate)
            \(HTMLText(joining: self.view.relays.map(self.relay)))
            <footer>Version \(self.view.version), since \(Phrases.date(self.view.startedAt)).
            <a href="/health">Health</a> <a href="/metrics">Metrics</a></footer>
            </body>
            </html>

            """
        return page.source
    }

    private var problem: HTMLText {
        guard let problem = self.view.configuration.problem else { return "" }
        return """
            <p class="bad">The newest configuration was refused; the one before it is in force: \(problem)</p>
            """
    }

    private var certificate: HTMLText {
        guard let certificate = self.view.certificate, certificate.state != "good" else { return "" }
        return "<p class=\"bad\">\(certificate.sentence)</p>"
    }

    private func relay(_ relay: RelayView) -> HTMLText {
        let people = Phrases.count(relay.viewers, "viewer")
        let restarts = relay.restarts == 0 ? "" : ", \(Phrases.count(Int(clamping: relay.restarts), "restart"))"
        return """
            <section>
            <h2><a href="\(self.base)/\(relay.name)/">\(relay.name)</a> <small>\(people)\(restarts)</small></h2>
            <p class="\(relay.ready ? "good" : "bad")">\(relay.sentence)</p>
            \(relay.streams.isEmpty ? self.invitation(relay) : HTMLText(joining: relay.streams.map(self.stream)))
            </section>
            """
    }

    private func invitation(_ relay: RelayView) -> HTMLText {
        guard let server = self.rtmp else { return "<p>No stream yet.</p>" }
        return """
            <p>No stream yet. In OBS use the server <code>\(server)/\(relay.name)</code> and a stream key such as
            <code>main?key=KEY</code>.</p>
            """
    }

    private func stream(_ stream: StreamView) -> HTMLText {
        let path = "/\(stream.relay)/\(stream.stream)"
        let media = self.base + path
        let facts = [
            Phrases.count(stream.viewers, "viewer"), stream.bitrate > 0 ? Phrases.bitrate(stream.bitrate) : "",
            stream.resolution ?? "", stream.codecs.joined(separator: " + "),
        ]
        let isGood = stream.state == "live"
        let players: HTMLText =
            self.rtmp.map { "<code>\($0)\(path)</code>" as HTMLText } ?? ""
        return """
            <article>
            <h3>\(stream.stream) <span class="state \(isGood ? "good" : "bad")">\(stream.state)</span>
            <small>since \(Phrases.date(stream.since))</small></h3>
            <p>\(stream.sentence)</p>
            <p><small>\(facts.filter { !$0.isEmpty }.joined(separator: " · "))</small></p>
            <p><small><a href="\(media).m3u8">HLS</a> <a href="\(media).ts.m3u8">HLS with TS</a> <a
            href="\(media).mp4">MP4</a> <a href="\(media).flv">FLV</a> <a href="\(media).ts">TS</a> <a
            href="/health\(path)">health</a> \(players)</small></p>
            </article>
            """
    }

    /// Where streams are, by the name this page was asked by.
    private var base: String {
        guard let media else { return "" }
        let asked = Authority.host(of: self.authority)
        let host = media.isWildcard ? asked : media.host
        return WireProtocol.http.base(host: host.contains(":") ? "[\(host)]" : host, port: media.port)
    }

    /// Where RTMP is found, by the name this page was asked by.
    private var rtmp: String? {
        let listeners = self.view.listeners.filter { $0.name == "rtmp" }
        let addresses = listeners.compactMap(\.address).compactMap { try? ListenAddress($0) }
        let host = Authority.host(of: self.authority)
        let told = addresses.first { $0.host == host || $0.isWildcard } ?? addresses.toldToPeople
        return told.map { WireProtocol.rtmp.base(host: host.contains(":") ? "[\(host)]" : host, port: $0.port) }
    }

    private static let style: HTMLText = """
        body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
        h1,h2,h3{line-height:1.2;margin:.2em 0}section{border-top:1px solid #ccc;margin:1rem 0;padding:1rem 0}
        article{border-left:4px solid #ccc;padding-left:1rem;margin:1rem 0}p{margin:.3em 0}small,footer{color:#666}
        .good{color:#116329}.bad{color:#a40e26}.state{font-size:.8em}footer{border-top:1px solid #ccc;padding-top:1rem}
        @media(prefers-color-scheme:dark){body{color:#ddd;background:#111}.good{color:#6fdd8b}.bad{color:#ff8182}
        a{color:#8ab4f8}small,footer{color:#999}}
        """
}

import Foundation
import Testing
import Toolkit

extension RealPrograms {
    @Suite("HLS over HTTP")
    struct HLS {
        @Test("A playlist is held back until it has three segments")
        func heldBack() async throws {
            let outlet = Outlet.hls
            let relay = try await RelayProcess.quick()
            // Asked for before there is a stream, it waits for that and for its first segments.
            let source = try await Sample(.h264, .aac, seconds: 20).path()
            async let early = HTTP.get(outlet.address(on: relay))
            let publisher = try Encoder.start(source, to: relay.publishAddress())
            let first = try await early
            #expect(first.status == 200)
            #expect(first.text.hasPrefix("#EXTM3U\n"))
            let (playlist, _) = try await Playlist.media(outlet.address(on: relay))
            #expect(playlist.segments.count >= 3)
            #expect(publisher.isRunning)
        }

        @Test("Playlists keep to the rules and go forward", arguments: [Outlet.hls, .hlsTS])
        func rules(_ outlet: Outlet) async throws {
            let stage = try await Stage.open(Sample(.h264, .aac, seconds: 20), playlist: outlet)
            let address = try await Playlist.mediaAddress(outlet.address(on: stage.relay))
            var seen: [Playlist] = []
            // Four more segments, one after the other.
            while seen.count < 5 {
                let last = seen.last?.segments.last
                let response = try await HTTP.get(address) { response in
                    response.status == 200 && Playlist(response.text).segments.last != last
                }
                seen.append(Playlist(response.text))
            }
            for playlist in seen {
                #expect(playlist.tags.contains("#EXT-X-INDEPENDENT-SEGMENTS"))
                #expect(playlist.tags.contains("#EXT-X-MAP") == (outlet == .hls))
                #expect(!playlist.tags.contains("#EXT-X-ENDLIST"))
                let target = try #require(playlist.targetDuration)
                #expect(playlist.segments.allSatisfy { Int($0.duration.rounded()) <= target && $0.duration > 0 })
                #expect(playlist.segments.allSatisfy { !$0.isDiscontinuous })
                let dates = playlist.segments.compactMap(\.date)
                #expect(dates.count == playlist.segments.count)
                for (index, segment) in playlist.segments.enumerated().dropFirst() {
                    let step = dates[index].timeIntervalSince(dates[index - 1])
                    let length = playlist.segments[index - 1].duration
                    // The first is dated by when its first packet came, which a busy machine has come late.
                    let isBegin = playlist.segments[index - 1] == seen.first?.segments.first
                    #expect(
                        abs(step - length) < (isBegin ? 0.5 : 0.1),
                        "\(segment.uri) begins \(step) s after one of \(length) s"
                    )
                }
            }
            #expect(Set(seen.map(\.targetDuration)).count == 1)
            for (before, after) in zip(seen, seen.dropFirst()) {
                #expect(try #require(before.mediaSequence) <= #require(after.mediaSequence))
                // What was once said of a segment is said again, and nothing but the end is new.
                let known = Dictionary(before.segments.map { ($0.uri, $0) }) { first, _ in first }
                for segment in after.segments { #expect(known[segment.uri].map { $0 == segment } ?? true) }
                let fresh = after.segments.drop { known[$0.uri] != nil }
                #expect(!fresh.isEmpty && fresh.allSatisfy { known[$0.uri] == nil })
            }
        }

        @Test("The multivariant playlist says by which curve a picture of HEVC is brighter than others")
        func dynamicRange() async throws {
            let relay = try await RelayProcess.quick()
            let curves = ["smpte2084": "PQ", "arib-std-b67": "HLG"]
            let modern = try await FFmpeg.modern()
            let publishers = try curves.keys.map { curve in
                let colours = "colorprim=bt2020:transfer=\(curve):colormatrix=bt2020nc"
                return try Program.start(
                    modern,
                    ["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi"]
                        + ["-i", "testsrc2=size=160x96:rate=15", "-c:v", "libx265", "-preset", "ultrafast"]
                        + ["-pix_fmt", "yuv420p10le", "-x265-params"]
                        + ["keyint=15:min-keyint=15:scenecut=0:log-level=error:pools=1:\(colours)"]
                        + ["-f", "flv", relay.publishAddress(curve)]
                )
            }
            for (curve, range) in curves {
                let address = Outlet.hls.address(on: relay, stream: curve)
                let playlist = try await HTTP.get(address) { $0.status == 200 }.text
                #expect(playlist.contains(",VIDEO-RANGE=\(range)"), "\(playlist)")
                #expect(playlist.contains("CODECS=\"hvc1.2."), "\(playlist)")
            }
            for publisher in publishers { #expect(publisher.isRunning, "\(publisher.lastWords)") }
        }

        @Test("Headers, HEAD, ranges and what is not there", arguments: [Outlet.hls, .hlsTS])
        func headers(_ outlet: Outlet) async throws {
            let stage = try await Stage.open(Sample(.h264, .aac, seconds: 20), playlist: outlet)
            let multivariant = try await HTTP.get(outlet.address(on: stage.relay))
            let (playlist, base) = try await Playlist.media(outlet.address(on: stage.relay))
            let media = try await HTTP.get(Playlist.mediaAddress(outlet.address(on: stage.relay)))
            for response in [multivariant, media] {
                #expect(response["Content-Type"] == "application/vnd.apple.mpegurl")
                #expect(response["Cache-Control"]?.contains("no-cache") == true)
                #expect(response["Access-Control-Allow-Origin"] == "*")
            }
            #expect(multivariant.text.contains("CODECS=\"avc1."))
            #expect(multivariant.text.contains("mp4a.40.2"))
            #expect(multivariant.text.contains("RESOLUTION=320x180"))
            #expect(multivariant.text.contains("BANDWIDTH="))

            let type = outlet == .hls ? "video/mp4" : "video/mp2t"
            for uri in playlist.initializations + [try #require(playlist.segments.last).uri] {
                let whole = try await HTTP.get(base + uri)
                #expect(whole.status == 200)
                #expect(whole["Content-Type"] == type)
                #expect(whole["Cache-Control"]?.contains("max-age=") == true)
                #expect(whole["Access-Control-Allow-Origin"] == "*")
                #expect(whole["Accept-Ranges"] == "bytes")
                let head = try await HTTP.head(base + uri)
                #expect(head.status == 200)
                #expect(head.body.isEmpty)
                #expect(head["Content-Length"] == "\(whole.body.count)")
                let middle = try await HTTP.get(base + uri, headers: ["Range": "bytes=100-199"])
                #expect(middle.status == 206)
                #expect(middle.body == whole.body.dropFirst(100).prefix(100))
                #expect(middle["Content-Range"] == "bytes 100-199/\(whole.body.count)")
                let end = try await HTTP.get(base + uri, headers: ["Range": "bytes=-10"])
                #expect(end.status == 206)
                #expect(end.body == whole.body.suffix(10))
                let beyond = try await HTTP.get(base + uri, headers: ["Range": "bytes=\(whole.body.count)-"])
                #expect(beyond.status == 416)
            }
            let head = try await HTTP.head(outlet.address(on: stage.relay))
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            let gone = try await HTTP.get(base + "1" + (outlet == .hls ? ".mp4" : ".ts"))
            #expect(gone.status == 404)
            #expect(gone["Cache-Control"]?.contains("max-age") != true)
            let address = outlet.address(on: stage.relay)
            #expect(try await HTTP.request(address, method: "OPTIONS").status / 100 == 2)
            #expect(try await HTTP.request(address, method: "DELETE").status == 405)
        }
    }
}

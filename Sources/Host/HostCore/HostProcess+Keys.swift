internal import Console
internal import Contract
internal import Logging
internal import Settings
internal import Supervisor

/// A publish key that has leaked is worth nothing any more.
extension HostProcess {
    func renewKey(of relay: RelayName) async throws(ApiProblem) -> NewKeyView {
        // A file of settings with a mistake could not be read again, and the old key would stay in force beside the new one.
        _ = try await self.reload()
        guard let old = self.supervisor.spec(of: relay) else {
            throw ApiProblem(.unknownRelay, "There is no relay '\(relay)'.")
        }
        let (secret, file) = try self.writeNewKey(of: relay)
        _ = try await self.reload()
        guard self.supervisor.spec(of: relay)?.publishKey == secret else {
            throw ApiProblem(.failed, "\(file) was written, but another key is in force: look at the configuration.")
        }
        self.log.notice("publish key replaced", metadata: ["relay": "\(relay)", "file": "\(file)"])
        let dropped = await self.dropPublishers(of: old)
        return NewKeyView(
            relay: relay.rawValue,
            sentence: "The relay '\(relay)' has a new publish key; the old one is refused from now on. \(dropped)",
            publishKey: secret.revealed,
            encoder: self.links(of: relay)?.encoder
        )
    }

    private func writeNewKey(of relay: RelayName) throws(ApiProblem) -> (Secret, file: String) {
        let place: PublishKeyPlace?
        do {
            place = try self.settings.load().publishKeys[relay]
        } catch {
            throw ApiProblem(.configurationRefused, "The configuration is refused.", cause: "\(error)")
        }
        if case .setting(let origin) = place {
            throw ApiProblem(
                .keyElsewhere,
                "The publish key of '\(relay)' stands in the configuration (\(origin)), which only you may write: put another "
                    + "one there and reload, or leave it out and the host keeps one itself."
            )
        }
        do throws(StateError) {
            guard case .file(let file) = place else {
                let kept = try self.stateDirectory.renewPublishKey(of: relay)
                return (kept.secret, kept.file)
            }
            return (try StateDirectory.renewKey(in: file), file)
        } catch {
            guard case .cannotWrite(let file, let reason) = error, place != nil else {
                throw ApiProblem(.failed, "The key could not be written.", cause: "\(error)")
            }
            throw ApiProblem(
                .keyElsewhere,
                "The publish key of '\(relay)' stands in \(file), which the host cannot write (\(reason)): put another one "
                    + "there and reload.",
                cause: "\(error)"
            )
        }
    }

    /// Who publishes by the old key goes; sources that the configuration declares have none.
    private func dropPublishers(of relay: RelaySpec) async -> String {
        let snapshot = self.supervisor.statuses.first { $0.name == relay.name }?.snapshot
        let streams = (snapshot?.streams ?? []).filter { stream in
            stream.source != nil && relay.declaration(of: stream.path.stream)?.source == .publisher
        }
        var (dropped, left): ([String], [String]) = ([], [])
        for stream in streams.map(\.path) {
            do throws(ApiProblem) {
                if try await self.dropPublisher(of: stream) { dropped.append("\(stream)") }
            } catch {
                left.append("\(stream)")
            }
        }
        let gone =
            dropped.isEmpty
            ? "Nobody was publishing." : "The publisher of \(dropped.joined(separator: ", ")) was sent away."
        guard !left.isEmpty else { return gone }
        return "The publisher of \(left.joined(separator: ", ")) could not be sent away and is still there: drop it."
    }
}

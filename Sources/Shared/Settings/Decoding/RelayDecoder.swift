import Contract

/// Reads what stands under `relays.<name>`.
struct RelayDecoder {
    let name: RelayName
    let settings: SettingGroup
    let files: CompanionFiles

    /// Nil after a problem that no standard value can stand in for.
    func spec(_ problems: inout [ConfigurationProblem]) -> RelaySpec? {
        let before = problems.count
        typealias Standard = RelaySpec.Defaults
        typealias Bounds = RelaySpec.Bounds
        let settings = self.settings
        let key = settings.secret("publish_key", &problems)
        let user = self.publishUser(&problems)
        let play = settings.choice("play", standard: Standard.play, &problems)
        let takeover = settings.flag("takeover", standard: Standard.takeover, &problems)
        let timeout = settings.duration(
            "source_timeout",
            standard: Standard.sourceTimeout,
            in: Bounds.sourceTimeout,
            &problems
        )
        let tick = settings.duration("tick", standard: Standard.tick, in: Bounds.tick, &problems)
        let window = settings.duration("window", standard: Standard.window, in: Bounds.window, &problems)
        let stall = settings.duration("stall", standard: Standard.stall, in: Bounds.stall, &problems)
        let segment = settings.group("hls").duration(
            "segment",
            standard: HLSSpec.standard.segment,
            in: HLSSpec.segmentBounds,
            &problems
        )
        let http = self.http(&problems)
        let checks = self.checks(&problems)
        let judged = HealthDecoder(settings: settings)
        let health = judged.health(&problems)
        let expect = judged.expect(&problems)
        let srt = SRTDecoder(settings: settings.group("srt")).spec(&problems) ?? .standard
        let multicast = self.multicast(&problems)
        let starts = settings.read("starts", standard: StartTime?.none, &problems) { try StartTime($0) }
        let venues = self.venues(&problems)
        let streams = self.streams(&problems)
        do {
            let limits = try self.limits(&problems)
            guard problems.count == before else { return nil }
            return try RelaySpec(
                name: self.name,
                publishKey: key,
                publishUser: user,
                play: play,
                takeover: takeover,
                sourceTimeout: timeout,
                tick: tick,
                window: window,
                stall: stall,
                limits: limits,
                hls: HLSSpec(segment: segment),
                http: http,
                checks: checks,
                health: health,
                expect: expect,
                srt: srt,
                multicast: multicast,
                starts: starts,
                venues: venues,
                streams: streams
            )
        } catch {
            if problems.count == before { problems.append(self.problem(from: error)) }
            return nil
        }
    }

    private func problem(from error: any Error) -> ConfigurationProblem {
        guard let error = error as? SpecError else {
            return ConfigurationProblem(
                origin: self.settings.node?.origin ?? .standard,
                path: self.settings.path,
                sentence: "\(error)"
            )
        }
        var group = self.settings
        for key in error.path.dropLast() { group = group.group(key) }
        let origin = error.path.last.map { group.origin(of: $0) } ?? .standard
        return ConfigurationProblem(origin: origin, path: self.settings.path + error.path, sentence: error.sentence)
    }

    private func publishUser(_ problems: inout [ConfigurationProblem]) -> String? {
        self.settings.read("publish_user", standard: nil, &problems) { text in
            guard let user = try? Secret(text) else {
                throw ValueError("'\(text)' is not a user name; use letters, digits and \(Secret.marks)")
            }
            return user.revealed
        }
    }

    private func http(_ problems: inout [ConfigurationProblem]) -> HTTPSpec {
        let group = self.settings.group("http")
        let passed = group.read("pass_query", standard: PassedQuery.none, &problems) { text throws(ValueError) in
            do throws(WordListError) {
                return try PassedQuery(text)
            } catch {
                throw ValueError("\(error); write \(ValueForm.parameters.example)")
            }
        }
        let origins = group.read("origins", standard: OriginList.none, &problems) { text throws(ValueError) in
            do throws(WordListError) {
                return try OriginList(text)
            } catch {
                throw ValueError("\(error); write \(ValueForm.origins.example)")
            }
        }
        return HTTPSpec(passQuery: passed, origins: origins)
    }

    private func checks(_ problems: inout [ConfigurationProblem]) -> ChecksSpec {
        let group = self.settings.group("checks")
        let standard = ChecksSpec.standard
        return ChecksSpec(
            picture: group.flag("picture", standard: standard.picture, &problems),
            sound: group.flag("sound", standard: standard.sound, &problems),
            text: group.flag("text", standard: standard.text, &problems)
        )
    }

    private func multicast(_ problems: inout [ConfigurationProblem]) -> MulticastSpec? {
        guard self.settings.has("multicast") else { return nil }
        let before = problems.count
        let group = self.settings.group("multicast")
        let groups = group.read("groups", standard: GroupRange?.none, &problems) { try GroupRange($0) }
        let ports = group.read("ports", standard: MulticastSpec.standardPorts, &problems) { try PortRange($0) }
        let ttl = group.count("ttl", standard: MulticastSpec.standardTTL, in: MulticastSpec.ttlBounds, &problems)
        let interface = group.interface(&problems)
        guard problems.count == before else { return nil }
        guard let groups else {
            self.settings.complain("multicast", "write groups: and \(ValueForm.groups.example).", &problems)
            return nil
        }
        return group.checked(&problems) { () throws(SpecError) in
            try MulticastSpec(groups: groups, ports: ports, ttl: ttl, interface: interface)
        }
    }

    private func limits(_ problems: inout [ConfigurationProblem]) throws -> LimitsSpec {
        typealias Limits = LimitsSpec
        let standard = Limits.standard
        let settings = self.settings.group("limits")
        let memory = settings.size("memory", standard: standard.memory, in: Limits.memoryBounds, &problems)
        return try Limits(
            viewers: settings.count("viewers", standard: standard.viewers, in: Limits.viewersBounds, &problems),
            streams: settings.count("streams", standard: standard.streams, in: Limits.streamsBounds, &problems),
            undecided: settings.count(
                "undecided",
                standard: standard.undecided,
                in: Limits.undecidedBounds,
                &problems
            ),
            reserved: settings.count("reserved", standard: standard.reserved, in: Limits.reservedBounds, &problems),
            memory: memory,
            cpu: settings.cores("cpu", standard: standard.cpu, in: Limits.cpuBounds, &problems),
            sendBuffer: settings.size(
                "send_buffer",
                standard: standard.sendBuffer,
                in: Limits.sendBufferBounds,
                &problems
            ),
            tape: settings.size(
                "tape",
                standard: Limits.standardTape(memory: memory),
                in: Limits.tapeBounds,
                &problems
            ),
            frame: settings.size("frame", standard: standard.frame, in: Limits.frameBounds, &problems),
            bitrate: settings.bitrate("bitrate", standard: standard.bitrate, in: Limits.bitrateBounds, &problems)
        )
    }

    private func venues(_ problems: inout [ConfigurationProblem]) -> [VenueSpec] {
        let group = self.settings.group("venues")
        return (group.node?.entries ?? []).compactMap { entry in
            let venue = group.group(entry.key)
            do {
                let name = try VenueName(entry.key)
                let before = problems.count
                if let token = venue.secret("token", &problems) { return VenueSpec(name: name, token: token) }
                if problems.count == before {
                    problems.append(
                        ConfigurationProblem(
                            origin: entry.origin,
                            path: venue.path,
                            sentence: "the venue has no token; write token: and a key of your choosing."
                        )
                    )
                }
            } catch {
                problems.append(ConfigurationProblem(origin: entry.origin, path: venue.path, sentence: "\(error)"))
            }
            return nil
        }
    }

    private func streams(_ problems: inout [ConfigurationProblem]) -> [StreamSpec]? {
        let group = self.settings.group("streams")
        guard let node = group.node, case .group(let entries) = node.content else { return nil }
        return entries.compactMap { entry in
            let stream = group.group(entry.key)
            do {
                let name = try StreamName(entry.key)
                return StreamDecoder(name: name, settings: stream, files: self.files).spec(&problems)
            } catch {
                problems.append(ConfigurationProblem(origin: entry.origin, path: stream.path, sentence: "\(error)"))
                return nil
            }
        }
    }
}

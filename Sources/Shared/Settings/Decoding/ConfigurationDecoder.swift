import Contract
import Linux

/// Reads a configuration from the text of a file and the environment.
package struct ConfigurationDecoder: Sendable {
    /// The file's name as errors shall show it.
    package let fileName: String
    package let environment: [String: String]

    private let files: CompanionFiles
    private let user: UInt32

    /// - Parameters:
    ///   - fileName: As errors shall show it; empty where there is no file.
    ///   - environment: The process's variables.
    ///   - files: What the configuration names; nil: on disk, beside it.
    ///   - user: Who runs the process; 0 is root.
    package init(
        fileName: String,
        environment: [String: String] = [:],
        files: CompanionFiles? = nil,
        user: UInt32 = ProcessTree.user
    ) {
        self.user = user
        self.fileName = fileName
        self.environment = environment
        self.files = files ?? .beside(fileName.isEmpty ? nil : fileName)
    }

    /// - Parameter bytes: The file's content; nil where there is no file.
    /// - Returns: A configuration whose values are all within bounds.
    /// - Throws: Everything that is wrong, in the order of the file.
    package func decode(_ bytes: [UInt8]?) throws(ConfigurationError) -> Configuration {
        var root = SettingNode(origin: .standard, content: .absent)
        if let bytes { root = try YAMLSource(name: self.fileName).settings(from: bytes) }
        var shape = ShapeCheck()
        root = shape.fitting(root, .configuration)
        // A file that names listeners means those and no others; the console stays where it is unless it is named itself.
        let standard = Configuration.standard.listen
        let listeners = root["listen"] == nil ? standard : ListenSpec(admin: standard.admin)
        var overlay = EnvironmentOverlay()
        root = overlay.apply(self.environment, to: root)
        var secrets = SecretFiles(self.files)
        root = secrets.filled(root, .configuration)
        var problems = shape.problems + overlay.problems + secrets.problems
        let configuration = self.configuration(root, listeners, &problems)
        guard problems.isEmpty else {
            throw ConfigurationError(problems.sorted { $0.origin.rank < $1.origin.rank })
        }
        return configuration.keyed(Self.keyPlaces(configuration.relays, root, secrets)).warned(
            overlay.warnings + Unserved.warnings(configuration, root) + CapacityCheck.warnings(configuration, root),
            shortages: CapacityCheck.shortages(configuration, root)
        )
    }

    private static func keyPlaces(
        _ relays: [RelaySpec],
        _ root: SettingNode,
        _ secrets: SecretFiles
    ) -> [RelayName: PublishKeyPlace] {
        var places: [RelayName: PublishKeyPlace] = [:]
        for relay in relays where relay.publishKey != nil {
            let path = ["relays", relay.name.rawValue, "publish_key"]
            let origin = path.reduce(root) { node, key in node?[key] }?.origin ?? .standard
            places[relay.name] = secrets.places[path].map { .file($0) } ?? .setting(origin)
        }
        return places
    }

    private func configuration(
        _ root: SettingNode,
        _ listeners: ListenSpec,
        _ problems: inout [ConfigurationProblem]
    ) -> Configuration {
        let top = SettingGroup(path: [], node: root)
        let isolation = top.choice("isolation", standard: Configuration.standard.isolation, &problems)
        let standardState = StandardState.path(user: self.user, environment: self.environment)
        let state = top.read("state", standard: standardState, &problems) { text in
            guard text.hasPrefix("/") || text.hasPrefix("./") || text.hasPrefix("../") else {
                throw ValueError("'\(text)' is not a path; write it as /var/lib/transponder or ./state.")
            }
            return text
        }
        let listen = self.listen(top.group("listen"), listeners, &problems)
        let tls = TLSDecoder(settings: top.group("tls"), listeners: top.group("listen")).spec(for: listen, &problems)
        let door = self.door(top.group("door"), &problems)
        let plan = PortPlan(listeners: top.group("listen"), relays: top.group("relays"))
        let proxies = top.list("trusted_proxies", standard: [], &problems) { try NetworkPrefix.list($0) }
        let relays = plan.shared(listen, self.relays(top, &problems), &problems).map { $0.trusting(proxies) }
        return Configuration(
            listen: listen,
            tls: tls,
            door: door,
            trustedProxies: proxies,
            isolation: isolation,
            state: state,
            keepsStandby: top.flag("standby", standard: true, &problems),
            withoutHost: top.duration(
                "without_host",
                standard: Configuration.standardWithoutHost,
                in: Configuration.withoutHostBounds,
                &problems
            ),
            history: HistoryDecoder(settings: top.group("history")).spec(&problems),
            alerts: AlertsDecoder(settings: top.group("alerts")).spec(&problems),
            relays: relays
        )
    }

    private func door(_ group: SettingGroup, _ problems: inout [ConfigurationProblem]) -> DoorSpec {
        let standard = DoorSpec.standard
        typealias Door = DoorSpec
        let connections = group.count(
            "connections",
            standard: standard.connections,
            in: Door.connectionsBounds,
            &problems
        )
        let undecided = group.count("undecided", standard: standard.undecided, in: Door.undecidedBounds, &problems)
        let reserved = group.count("reserved", standard: standard.reserved, in: Door.reservedBounds, &problems)
        let waiting = group.count("waiting", standard: standard.waiting, in: Door.waitingBounds, &problems)
        let door = group.checked(&problems) { () throws(SpecError) in
            try DoorSpec(connections: connections, undecided: undecided, reserved: reserved, waiting: waiting)
        }
        return door ?? standard
    }

    private func listen(
        _ group: SettingGroup,
        _ standard: ListenSpec,
        _ problems: inout [ConfigurationProblem]
    ) -> ListenSpec {
        func addresses(_ key: String, _ standard: [ListenAddress]) -> [ListenAddress] {
            let isOff = [.absent, .text("off")].contains(group.node?[key]?.content)
            return isOff ? [] : group.addresses(key, standard: standard, &problems)
        }
        var listen = ListenSpec()
        for kind in WireProtocol.allCases { listen[all: kind] = addresses(kind.rawValue, standard[all: kind]) }
        listen.udp = group.read("udp", standard: standard.udp, &problems) { try PortRange($0) }
        let admin = ListenSpec.adminName
        listen.admin = addresses(admin, standard.admin)
        var overTCP = WireProtocol.allCases.filter { $0.transport == .tcp }.map { ($0.rawValue, listen[all: $0]) }
        // Who did not ask for the console's port may have it for something else.
        if group.has(admin) { overTCP.append((admin, listen.admin)) }
        self.refuseSharedPorts(group, overTCP, &problems)
        return listen
    }

    /// SRT is not looked at here: its port is one of UDP.
    private func refuseSharedPorts(
        _ group: SettingGroup,
        _ addresses: [(key: String, addresses: [ListenAddress])],
        _ problems: inout [ConfigurationProblem]
    ) {
        var taken: [(key: String, address: ListenAddress)] = []
        for (key, address) in addresses.flatMap({ key, list in list.map { (key, $0) } }) {
            if let other = taken.first(where: { $0.key != key && $0.address.clashes(with: address) }) {
                problems.append(
                    ConfigurationProblem(
                        origin: group.origin(of: key),
                        path: group.path + [key],
                        sentence: "port \(address.port) is taken by \(other.key) already; choose another."
                    )
                )
            }
            taken.append((key, address))
        }
    }

    private func relays(_ top: SettingGroup, _ problems: inout [ConfigurationProblem]) -> [RelaySpec] {
        guard top.has("relays") else { return Configuration.standard.relays }
        let group = top.group("relays")
        let entries = group.node?.entries ?? []
        if entries.isEmpty {
            problems.append(
                ConfigurationProblem(
                    origin: top.origin(of: "relays"),
                    path: group.path,
                    sentence: "no relay is named; write a name under it, for example live."
                )
            )
        }
        let specs = entries.compactMap { entry -> RelaySpec? in
            do {
                let name = try RelayName(entry.key)
                return RelayDecoder(name: name, settings: group.group(entry.key), files: self.files)
                    .spec(&problems)
            } catch {
                problems.append(
                    ConfigurationProblem(origin: entry.origin, path: group.path + [entry.key], sentence: "\(error)")
                )
                return nil
            }
        }
        return specs.sorted { $0.name < $1.name }
    }
}

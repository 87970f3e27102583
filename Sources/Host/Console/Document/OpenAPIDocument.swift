import Contract

/// The description of the HTTP addresses of the host for programs (OpenAPI 3.1).
package enum OpenAPIDocument {
    package static let json = JSONText.encode(document)

    private static let document: JSONValue = [
        "openapi": "3.1.0",
        "info": [
            "title": "Transponder",
            "summary": "Relays, streams and viewers of one host.",
            "description": """
            Served at the addresses of listen.admin, where /api wants the token, and at the unix socket host.sock in the \
            state directory, which is open to the user whom the host runs as, and to root. Health and metrics are at \
            listen.http, too. After many wrong tokens an answer may be 429. Names and codes never change within a version; \
            members may be added.
            """,
            "version": .string(BuildInfo.version),
        ],
        "servers": [["url": "/"]],
        "security": [["token": []], ["session": []], [:]],
        "paths": .object(paths),
        "components": [
            "securitySchemes": [
                "token": [
                    "type": "http", "scheme": "bearer",
                    "description": "Kept in the state directory of the host, file api_token.",
                ],
                "session": [
                    "type": "apiKey", "in": "cookie", "name": .string(ConsoleAccess.cookie),
                    "description": "Of a browser that a link to the console has logged in.",
                ],
            ],
            "schemas": Schemas.all,
        ],
    ]

    private static let paths: [String: JSONValue] = [
        "/api/v1/status": get("getStatus", "The host and all it serves.", "Host"),
        "/api/v1/relays": get("listRelays", "All relays.", "RelayList"),
        "/api/v1/relays/{relay}": get("getRelay", "One relay.", "Relay", [relay]),
        "/api/v1/relays/{relay}/streams": get("listStreams", "Its streams.", "StreamList", [relay]),
        "/api/v1/relays/{relay}/streams/{stream}": get("getStream", "One stream.", "Stream", [relay, stream]),
        "/api/v1/relays/{relay}/streams/{stream}/publisher": order(
            "delete",
            "dropPublisher",
            "Ends the connection of the publisher; one that was lost is not waited for any more.",
            [relay, stream],
            success: ["204": nothing("It was ended.")]
        ),
        "/api/v1/relays/{relay}/streams/{stream}/accept": order(
            "post",
            "acceptStream",
            "Says that the stream is as it should be: the rates that it has now are usual from now on.",
            [relay, stream],
            success: ["200": answer("It is taken to be.", "Accepted")],
            failures: failures(["401", "403", "404"])
        ),
        "/api/v1/relays/{relay}/streams/{stream}/still": .object([
            "get": operation(
                "getStill",
                "A small picture of its newest keyframe, at most one a second; the first comes after a keyframe.",
                [relay, stream],
                failures(["401", "404", "500", "503", "504"]).merging([
                    "200": content("The picture.", Bitmap.contentType, ["type": "string"])
                ]) { $1 }
            )
        ]),
        "/api/v1/relays/{relay}/venues": get(
            "listVenues",
            "The venues that the configuration names, and what their screens report.",
            "VenueList",
            [relay]
        ),
        "/api/v1/relays/{relay}/history": get(
            "getHistory",
            "The last ten minutes: bits a second of its streams, seconds of latency of its venues.",
            "History",
            [relay]
        ),
        "/api/v1/relays/{relay}/links": get(
            "getLinks",
            "What people publish and watch with; keys and tokens stand in it.",
            "Links",
            [relay]
        ),
        "/api/v1/events": .object([
            "get": operation(
                "followEvents",
                "What happens, as server-sent events: 'happened' for a change, and 'host' with the whole status each second.",
                [],
                failures(["401"]).merging([
                    "200": content("Events, without end.", ConsoleFeed.contentType, ["type": "string"])
                ]) { $1 }
            )
        ]),
        "/api/v1/events/recorded": get(
            "listEvents",
            "What has happened, as it was written down, the oldest first.",
            "EventList",
            [since, until, after, ofRelay, limit],
            failures: failures(["400", "503"])
        ),
        "/api/v1/relays/{relay}/report": get(
            "getReport",
            "The account of the relay's session; without 'since' of the newest.",
            "Report",
            [relay, since, until],
            failures: failures(["400", "503"])
        ),
        "/api/v1/relays/{relay}/viewers": get(
            "listViewers",
            "Its viewers that stay connected; players of HLS come and go and are only counted.",
            "ViewerList",
            [relay, ofStream],
            failures: late
        ),
        "/api/v1/relays/{relay}/viewers/{number}": order(
            "delete",
            "kickViewer",
            "Ends the connection of a viewer.",
            [relay, number],
            success: ["204": nothing("It was ended.")]
        ),
        "/api/v1/relays/{relay}/replace": order(
            "post",
            "replaceRelay",
            "Makes a fresh instance of the relay in place of the one that serves.",
            [relay],
            success: ["202": answer("It was begun.", "Accepted")]
        ),
        "/api/v1/relays/{relay}/key": order(
            "post",
            "renewKey",
            "Makes a new publish key in place of the one in force, and ends the connections of who publishes by that.",
            [relay],
            success: ["201": answer("It is in force.", "NewKey")],
            failures: failures(["401", "403", "404", "409", "422", "500", "503"])
        ),
        "/api/v1/alerts/test": order(
            "post",
            "testAlerts",
            "Sends a test to a receiver of alerts, or to all of them.",
            [receiver],
            success: ["200": answer("It was tried.", "AlertTrials")],
            failures: failures(["401", "403", "404"])
        ),
        "/api/v1/reload": order(
            "post",
            "reload",
            "Reads the configuration again; one with a mistake is refused and the old one stays in force.",
            [],
            success: ["200": answer("It is in force.", "Reload")],
            failures: failures(["401", "403", "422", "500", "503"])
        ),
        "/api/v1/console/links": order(
            "post",
            "makeConsoleLink",
            "Makes a link that logs a browser in to the console, once.",
            [],
            success: ["201": answer("It was made.", "ConsoleLink")],
            failures: failures(["401", "403", "404"])
        ),
        "/api/v1/openapi.json": open("getDocument", "This document.", media: "application/json", ["type": "object"]),
        "/livez": probe("getLiveness", "Whether the host's process works; never depends on relays or publishers."),
        "/readyz": probe(
            "getReadiness",
            "Whether a connection made now would be served within 5 s; fails first on drain."
        ),
        "/health": probe(
            "getHealth",
            "Whether all relays serve now, their streams are well and the certificate is valid; a line for each relay."
        ),
        "/health/{relay}": probe(
            "getRelayHealth",
            "Whether the relay serves and its streams are well, and a line for each of them.",
            [relay]
        ),
        "/health/{relay}/{stream}": streamHealth,
        "/metrics": open(
            "getMetrics",
            "All metrics as Prometheus reads them.",
            media: "text/plain",
            ["type": "string"]
        ),
        "/": [
            "get": operation(
                "getPage",
                "The console, for browsers that are logged in.",
                [],
                [
                    "200": content("The page.", "text/html", ["type": "string"]),
                    "401": content("The browser is not logged in.", "text/plain", ["type": "string"]),
                ]
            )
        ],
    ]

    // MARK: - Operations

    private static func get(
        _ id: String,
        _ summary: String,
        _ schema: String,
        _ parameters: [JSONValue] = [],
        failures more: [String: JSONValue] = [:]
    ) -> JSONValue {
        var responses = self.failures(parameters.contains(self.relay) ? ["401", "404"] : ["401"])
        responses.merge(more) { $1 }
        responses["200"] = self.answer(summary, schema)
        return ["get": self.operation(id, summary, parameters, responses)]
    }

    private static func order(
        _ method: String,
        _ id: String,
        _ summary: String,
        _ parameters: [JSONValue],
        success: [String: JSONValue],
        failures: [String: JSONValue]? = nil
    ) -> JSONValue {
        let failures = failures ?? self.failures(["401", "403", "404"]).merging(self.late) { $1 }
        return .object([method: self.operation(id, summary, parameters, failures.merging(success) { $1 })])
    }

    private static func open(
        _ id: String,
        _ summary: String,
        media: String,
        _ schema: JSONValue
    ) -> JSONValue {
        ["get": self.operation(id, summary, [], ["200": self.content(summary, media, schema)], isOpen: true)]
    }

    private static func probe(_ id: String, _ summary: String, _ parameters: [JSONValue] = []) -> JSONValue {
        var responses = [
            "200": self.content("All is well.", "text/plain", ["type": "string"]),
            "503": self.content("It is not, and why.", "text/plain", ["type": "string"]),
        ]
        if !parameters.isEmpty { responses["404"] = self.missing }
        return ["get": self.operation(id, summary, parameters, responses, isOpen: true)]
    }

    private static let streamHealth: JSONValue = [
        "get": operation(
            "getStreamHealth",
            "Whether the stream is well, by the rule health.unhealthy of the configuration.",
            [relay, stream],
            [
                "200": answer("It is well.", "StreamHealth"),
                "503": answer("It is not, and why.", "StreamHealth"),
                "404": missing,
            ],
            isOpen: true
        )
    ]

    private static func operation(
        _ id: String,
        _ summary: String,
        _ parameters: [JSONValue],
        _ responses: [String: JSONValue],
        isOpen: Bool = false
    ) -> JSONValue {
        var members: [String: JSONValue] = [
            "operationId": .string(id), "summary": .string(summary), "responses": .object(responses),
        ]
        if !parameters.isEmpty { members["parameters"] = .list(parameters) }
        if isOpen { members["security"] = [] }
        return .object(members)
    }

    // MARK: - Answers

    private static func content(_ description: String, _ media: String, _ schema: JSONValue) -> JSONValue {
        ["description": .string(description), "content": .object([media: ["schema": schema]])]
    }

    private static func answer(_ description: String, _ schema: String) -> JSONValue {
        self.content(description, "application/json", Schemas.reference(schema))
    }

    private static func nothing(_ description: String) -> JSONValue { ["description": .string(description)] }

    private static let missing = content("There is no such relay or stream.", "text/plain", ["type": "string"])
    private static let late = failures(["503", "504"])

    private static func failures(_ statuses: [String]) -> [String: JSONValue] {
        let descriptions = [
            "400": "Something of the query cannot be read.", "401": "The token is missing or wrong.",
            "403": "A page of another site asked.",
            "404": "There is no such thing.", "409": "The key stands where the host may not write.",
            "422": "The configuration has a mistake.",
            "500": "It could not be done.", "503": "The relay or the host is not ready.",
            "504": "The relay did not answer in time.",
        ]
        return Dictionary(
            uniqueKeysWithValues: statuses.map { status in
                let description = descriptions[status] ?? "It was not done."
                return (status, self.content(description, ProblemDetails.contentType, Schemas.reference("Problem")))
            }
        )
    }

    // MARK: - Parameters

    private static let relay = parameter("relay", "path", ["type": "string"])
    private static let stream = parameter("stream", "path", ["type": "string"])
    private static let number = parameter("number", "path", ["type": "integer", "minimum": 0])
    private static let ofStream = parameter("stream", "query", ["type": "string"])
    private static let receiver = parameter("receiver", "query", ["type": "string"])
    private static let ofRelay = parameter("relay", "query", ["type": "string"])
    private static let since = parameter("since", "query", ["type": "string"])
    private static let until = parameter("until", "query", ["type": "string"])
    private static let after = parameter("after", "query", ["type": "integer", "minimum": 0])
    private static let limit = parameter("limit", "query", ["type": "integer", "minimum": 0])

    private static func parameter(_ name: String, _ place: String, _ schema: JSONValue) -> JSONValue {
        [
            "name": .string(name), "in": .string(place), "required": .flag(place == "path"), "schema": schema,
        ]
    }
}

import Console
import ConsoleToolkit
import Events
import Foundation
import Health
import NIOHTTP1
import Testing

/// The views are the one description of the API's answers: the document's schemas have the same members, of the same types, and
/// require the same ones.
struct SchemaTests {
    private static var views: [String: any Decodable.Type] {
        [
            "Host": HostView.self, "Listener": HostView.Listener.self, "FrontDoor": HostView.FrontDoor.self,
            "Configuration": HostView.ConfigurationView.self, "Certificate": HostView.Certificate.self,
            "Usage": UsageView.self, "Relay": RelayView.self,
            "RelayHealth": RelayView.Health.self, "Instance": RelayView.Instance.self,
            "Ending": RelayView.Ending.self, "RelayList": RelayList.self, "Stream": StreamView.self,
            "Source": StreamView.Source.self, "Link": StreamView.Link.self, "LinkTrack": StreamView.Link.Track.self,
            "Level": StreamView.Level.self, "Omission": StreamView.Omission.self, "Loss": StreamView.Loss.self,
            "Refusal": StreamView.Refusal.self,
            "Counters": StreamView.Counters.self, "Output": StreamView.Output.self, "StreamList": StreamList.self,
            "History": HistoryView.self, "HistoryLine": HistoryView.Line.self, "HistoryPoint": HistoryView.Point.self,
            "NewKey": NewKeyView.self,
            "Links": LinksView.self, "EncoderLinks": LinksView.Encoder.self, "VenueLink": LinksView.Venue.self,
            "Destination": DestinationView.self, "Venue": VenueView.self, "VenueList": VenueList.self,
            "Viewer": ViewerView.self, "ConsoleLink": ConsoleLink.self, "ViewerList": ViewerList.self,
            "Reload": ReloadView.self, "ReloadChange": ReloadView.Change.self, "Accepted": AcceptedView.self,
            "Alerts": HostView.AlertsView.self, "AlertReceiver": HostView.AlertsView.Receiver.self,
            "AlertTrials": AlertTrialList.self, "AlertTrial": AlertTrialView.self,
            "Recording": HostView.Recording.self, "EventList": RecordedEvents.self, "Event": RecordedEvent.self,
            "Report": RelayReport.self, "ReportStream": RelayReport.Stream.self, "ReportGap": RelayReport.Gap.self,
            "ReportSpan": RelayReport.Span.self, "ReportRestart": RelayReport.Restart.self,
            "ReportRoom": RelayReport.Room.self, "VenueMinute": VenueMinute.self,
            "Problem": ProblemDetails.self,
            "StreamHealth": StreamReport.Body.self, "HealthSource": StreamReport.Source.self,
            "SourceHealth": StreamReport.SourceHealth.self, "Process": HostView.Process.self,
            "ProcessFault": HostView.Process.Fault.self,
            "Finding": StreamView.Finding.self,
            "HealthTrack": StreamReport.Track.self, "HealthOmission": StreamReport.Omission.self,
        ]
    }

    private struct Document: Decodable {
        struct Components: Decodable {
            var schemas: [String: Schema]
        }

        struct Schema: Decodable {
            var required: [String]
            var properties: [String: Property]
        }

        /// A reference has no type of its own; what it leads to is an object.
        struct Property: Decodable {
            var type: String?
        }

        var components: Components
    }

    @Test func `a schema says what its view has`() async throws {
        let answer = try #require(await Desk().ask(.GET, "/api/v1/openapi.json"))
        let schemas = try JSONDecoder().decode(Document.self, from: Data(answer.body)).components.schemas
        #expect(Set(schemas.keys) == Set(Self.views.keys))
        for (name, view) in Self.views {
            let schema = try #require(schemas[name], "\(name)")
            let described = schema.properties.reduce(into: [:]) { members, property in
                members[property.key] = TypeShape.Member(
                    type: property.value.type ?? "object",
                    isRequired: schema.required.contains(property.key)
                )
            }
            #expect(try TypeShape(view).members == described, "\(name)")
        }
        // Health says it as the API does.
        #expect(try TypeShape(StreamReport.Finding.self).members == TypeShape(StreamView.Finding.self).members)
    }
}

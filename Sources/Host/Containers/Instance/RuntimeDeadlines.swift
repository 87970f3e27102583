/// How long a runtime may take for each thing before it is killed.
package struct RuntimeDeadlines: Hashable, Sendable {
    package var create: Duration
    package var start: Duration

    /// From the kill of an instance to its end.
    package var kill: Duration
    package var delete: Duration

    /// A loaded machine takes a tenth of these.
    package static let standard = RuntimeDeadlines(
        create: .seconds(10),
        start: .seconds(5),
        kill: .seconds(5),
        delete: .seconds(5)
    )

    package init(create: Duration, start: Duration, kill: Duration, delete: Duration) {
        self.create = create
        self.start = start
        self.kill = kill
        self.delete = delete
    }
}

internal import Linux

/// An instance in a container of runc or crun.
final class OCIInstance: ContainerInstance {
    let id: InstanceID
    private let process: InstanceProcess
    private let traces: InstanceTraces

    init(id: InstanceID, process: InstanceProcess, traces: InstanceTraces) {
        self.id = id
        self.process = process
        self.traces = traces
        traces.process = process
    }

    var processID: Int32 { self.process.handle.pid }

    var throttled: Duration? { self.traces.group.throttled }

    func ending() async -> InstanceEnding { await self.process.ending() }

    func signal(_ number: Int32) { self.process.handle.signal(number) }

    func remove() async throws(RuntimeError) { try await self.traces.remove() }
}

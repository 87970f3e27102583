package import Contract
package import Linux

/// Starts relay instances, each apart from everything else on the machine.
package protocol ContainerRuntime: Sendable {
    var isolation: Isolation { get }

    /// Whether processes may be left behind that become children of a host that adopts orphans, and that nobody awaits.
    var leavesOrphans: Bool { get }

    /// Starts an instance. It gets `control` as descriptor 3, and what it writes to its standard error comes out of
    /// `output`, line by line. Whatever was made on the way is gone again when this throws.
    func start(
        _ spec: InstanceSpec,
        control: consuming OwnedDescriptor,
        output: @escaping @Sendable (String) -> Void
    ) async throws(RuntimeError) -> any ContainerInstance

    /// Removes what a host process that died has left: containers, control groups, bundles, mounts. Says in a sentence
    /// each what it was.
    func removeLeftovers() async -> [String]
}

extension ContainerRuntime {
    package var leavesOrphans: Bool { true }
}

/// One instance that was started, until it is removed.
package protocol ContainerInstance: Sendable {
    var id: InstanceID { get }

    /// Of its first process, in the host's numbering.
    var processID: Int32 { get }

    /// For how long its limit has kept it from the processor; nil where nobody counts that. Asks the kernel each time.
    var throttled: Duration? { get }

    /// How it ended; waits for that. May be asked more than once, and by several at once.
    func ending() async -> InstanceEnding

    /// Sends its first process a signal; nothing if it has ended.
    func signal(_ number: Int32)

    /// Kills what is left of it and removes every trace: container, control group, bundle. Bounded in time whatever the
    /// runtime does; throws where something is left, and says what.
    func remove() async throws(RuntimeError)
}

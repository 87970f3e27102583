import Containers
import Contract
import Linux

/// A host process that is going to die: starts an instance that will not notice, says so, and waits for the kill.
///
///     abandon runc|crun|podman|none DIRECTORY PROGRAM
let words = CommandLine.arguments
guard words.count == 4, let isolation = Isolation(rawValue: words[1]) else {
    fatalError("abandon ISOLATION DIRECTORY PROGRAM")
}
let runtime: any ContainerRuntime =
    switch isolation {
    case .none: BareRuntime(directory: words[2])
    case .podman: try PodmanRuntime(directory: words[2])
    case .runc, .crun: try OCIRuntime(isolation, directory: words[2])
    }
let pair = try TCPSocket.pair()
let spec = try InstanceSpec(
    id: InstanceID(RelayName("test"), nonce: .random(in: 1...UInt32.max)),
    program: words[3],
    arguments: ["stay"],
    environment: [:],
    memory: 64 << 20,
    cpu: 1,
    processes: 32,
    openFiles: 64
)
let instance = try await runtime.start(spec, control: pair.second.duplicate()) { StandardStream.error.print($0) }
StandardStream.output.print("started \(instance.id) \(instance.processID)")
_ = await instance.ending()

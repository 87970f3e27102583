internal import ArgumentParser
internal import Contract

/// Which stream a command is about.
struct StreamArgument: ParsableArguments {
    @Argument(help: "The stream: RELAY/STREAM.")
    var stream: String

    /// - Throws: ``CommandError`` where it is no such name.
    func path() throws -> StreamPath {
        do {
            return try StreamPath(self.stream)
        } catch {
            throw CommandError("\(error)")
        }
    }
}

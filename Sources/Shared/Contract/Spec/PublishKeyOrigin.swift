/// Where a relay's publish key came from, which decides how a person is told of it.
package enum PublishKeyOrigin: Equatable, Sendable {
    /// Made just now; this is the one time it is shown.
    case fresh(Secret, file: String)
    /// Made by an earlier start.
    case kept(file: String)
    /// Written in the configuration or a variable.
    case configured
}

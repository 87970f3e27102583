/// Where a process takes its configuration from, each time that it reads it.
package struct ConfigurationSource: Sendable {
    /// Nil: the defaults hold.
    package let file: String?
    package let environment: [String: String]

    /// Files that the configuration names, as it was last read.
    package let named = NamedFiles()

    package init(file: String?, environment: [String: String]) {
        self.file = file
        self.environment = environment
    }

    package func load() throws(ConfigurationError) -> Configuration {
        try ConfigurationFile.load(self.file, environment: self.environment, noting: self.named)
    }
}

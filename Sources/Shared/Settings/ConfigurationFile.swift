import Linux

/// Reads a configuration file from disk.
package enum ConfigurationFile {
    /// - Parameters:
    ///   - path: The file; nil decodes the environment alone.
    ///   - environment: The process's variables.
    ///   - named: Is told of the files beside it that it names.
    /// - Returns: The file's configuration with the environment laid over it.
    /// - Throws: Everything that is wrong with it, or why it could not be read.
    package static func load(
        _ path: String?,
        environment: [String: String],
        noting named: NamedFiles? = nil
    ) throws(ConfigurationError) -> Configuration {
        named?.forget()
        let decoder = ConfigurationDecoder(
            fileName: path ?? "",
            environment: environment,
            files: .beside(path, noting: named)
        )
        guard let path else { return try decoder.decode(nil) }
        return try decoder.decode(self.bytes(of: path))
    }

    private static func bytes(of path: String) throws(ConfigurationError) -> [UInt8] {
        switch SmallFile.kind(of: path)?.isDirectory {
        case nil: throw self.refusal(path, "there is no such file; name one with --config.")
        case true: throw self.refusal(path, "this is a directory, not a file.")
        case false: break
        }
        do throws(LinuxError) {
            // One byte more than allowed, so that a device without an end is refused like a file too large.
            return try SmallFile.bytes(of: path, limit: YAMLSource.sizeLimit + 1)
        } catch {
            throw self.refusal(path, "the file cannot be read: \(error.reason).")
        }
    }

    private static func refusal(_ path: String, _ sentence: String) -> ConfigurationError {
        ConfigurationError(
            [ConfigurationProblem(origin: .wholeFile(path), sentence: sentence)],
            isUnreadable: true
        )
    }
}

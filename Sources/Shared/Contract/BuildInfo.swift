package enum BuildInfo {
    /// Printed by `--version` and exported as a label of `transponder_build_info`.
    package static let version = "0.1.0"
}

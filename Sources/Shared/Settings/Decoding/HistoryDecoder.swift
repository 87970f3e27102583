import Contract

/// Reads what is written down, and for how long.
struct HistoryDecoder {
    let settings: SettingGroup

    func spec(_ problems: inout [ConfigurationProblem]) -> HistorySpec {
        let standard = HistorySpec.standard
        let isOff = self.settings.node?["keep"]?.content == .text("off")
        let keep =
            isOff ? nil : self.settings.optionalDuration("keep", in: HistorySpec.keepBounds, &problems) ?? standard.keep
        let size = self.settings.size("size", standard: standard.size, in: HistorySpec.sizeBounds, &problems)
        return HistorySpec(keep: keep, size: size)
    }
}

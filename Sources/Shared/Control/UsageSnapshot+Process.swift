package import Contract
package import Linux

extension UsageSnapshot {
    /// Nil where the kernel does not say.
    package init?(_ usage: ProcessUsage?) {
        guard let usage else { return nil }
        self.init(
            cpu: usage.cpu,
            residentMemory: usage.residentMemory,
            openDescriptors: usage.openDescriptors
        )
    }
}

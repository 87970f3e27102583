internal import CLinux

/// What a program says to the person or the script that started it.
package enum StandardStream: CInt, Sendable {
    case output = 1
    case error = 2

    /// Writes the text and a line's end, unbuffered. A reader that is gone is no reason to fail.
    package func print(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        unsafe bytes.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = unsafe write(self.rawValue, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
                guard count > 0 || linux_errno() == EINTR else { return }
                sent += max(count, 0)
            }
        }
    }
}

internal import CLinux
internal import Glibc

/// What a program says to the person or the script that started it.
package enum StandardStream: CInt, Sendable {
    case output = 1
    case error = 2

    /// Rows and columns of the terminal that reads it; nil where none does, or it does not say.
    package var windowSize: (rows: Int, columns: Int)? {
        var (rows, columns) = (CInt(0), CInt(0))
        guard unsafe linux_window_size(self.rawValue, &rows, &columns) != 0, rows > 0, columns > 0 else { return nil }
        return (Int(rows), Int(columns))
    }

    /// Writes the text and a line's end, unbuffered. A reader that is gone is no reason to fail.
    package func print(_ text: String) { self.write(text + "\n") }

    /// Writes each line of the text behind the program's name: `transponder: error: …`.
    package func print(_ text: String, of program: String, as kind: String) {
        for line in text.split(separator: "\n") { self.print("\(program): \(kind): \(line)") }
    }

    /// Writes the text as it is, unbuffered.
    package func write(_ text: String) {
        let bytes = Array(text.utf8)
        unsafe bytes.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = unsafe Glibc.write(self.rawValue, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
                guard count > 0 || linux_errno() == EINTR else { return }
                sent += max(count, 0)
            }
        }
    }
}

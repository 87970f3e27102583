import Glibc
import Linux

/// SCM_RIGHTS, as the host does it (unix(7)).
enum DescriptorPassing {
    /// Sends one byte and the descriptor.
    static func send(_ number: CInt, over socket: CInt) throws {
        // struct cmsghdr, written out: its macros are not for Swift.
        var control = [UInt8](repeating: 0, count: 24)
        unsafe control.withUnsafeMutableBytes { bytes in
            unsafe bytes.storeBytes(of: 20, as: Int.self)
            unsafe bytes.storeBytes(of: SOL_SOCKET, toByteOffset: 8, as: CInt.self)
            unsafe bytes.storeBytes(of: 1, toByteOffset: 12, as: CInt.self)
            unsafe bytes.storeBytes(of: number, toByteOffset: 16, as: CInt.self)
        }
        var byte: UInt8 = 0
        let length = control.count
        let sent = unsafe control.withUnsafeMutableBytes { control in
            unsafe withUnsafeMutablePointer(to: &byte) { byte in
                var vector = unsafe iovec(iov_base: byte, iov_len: 1)
                return unsafe withUnsafeMutablePointer(to: &vector) { vector in
                    var message = unsafe msghdr()
                    unsafe message.msg_iov = vector
                    unsafe message.msg_iovlen = 1
                    unsafe message.msg_control = control.baseAddress
                    unsafe message.msg_controllen = length
                    return unsafe sendmsg(socket, &message, 0)
                }
            }
        }
        guard sent == 1 else { throw LinuxError("sendmsg", code: errno) }
    }
}

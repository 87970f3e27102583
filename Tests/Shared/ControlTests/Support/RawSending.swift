import Glibc

/// What no honest program sends: several descriptors with one message.
enum RawSending {
    struct Failure: Error {
        let code: CInt
    }

    static func send(_ bytes: [UInt8], with descriptors: [CInt], to socket: CInt) throws {
        // struct cmsghdr of a 64-bit machine: length, level, type, and the numbers behind.
        var control: [UInt8] = []
        let length = 16 + 4 * descriptors.count
        unsafe withUnsafeBytes(of: UInt64(length)) { control += unsafe Array($0) }
        for number in [SOL_SOCKET, CInt(SCM_RIGHTS)] + descriptors {
            unsafe withUnsafeBytes(of: number) { control += unsafe Array($0) }
        }
        control += [UInt8](repeating: 0, count: (8 - control.count % 8) % 8)
        var bytes = bytes
        let count = unsafe bytes.withUnsafeMutableBytes { bytes in
            var data = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
            return unsafe control.withUnsafeMutableBytes { control in
                unsafe withUnsafeMutablePointer(to: &data) { data in
                    var message = unsafe msghdr()
                    unsafe message.msg_iov = data
                    unsafe message.msg_iovlen = 1
                    unsafe message.msg_control = control.baseAddress
                    unsafe message.msg_controllen = control.count
                    return unsafe sendmsg(socket, &message, 0)
                }
            }
        }
        guard count == bytes.count else { throw Failure(code: errno) }
    }
}

package import NIOCore

/// One frame of sound as a sample.
package struct AudioFrame: Sendable {
    package let payload: ByteBuffer

    /// Samples of each channel.
    package let samples: Int

    /// Of those, how many there are in a second.
    package let rate: Int

    /// What the frame tells of how it is coded.
    package let configuration: CodecConfiguration?

    package init(payload: ByteBuffer, samples: Int, rate: Int, configuration: CodecConfiguration?) {
        self.payload = payload
        self.samples = samples
        self.rate = rate
        self.configuration = configuration
    }
}

/// What stands at the beginning of bytes among which frames of sound are looked for.
package enum AudioFramingStep: Sendable {
    /// Whole frames; most codings have one at a time. They were taken off the bytes.
    case frames([AudioFrame])
    /// Bytes that belong to no frame, or to one that cannot be used. They were taken off the bytes.
    case skipped
    /// A frame, or what may become one, of which more has to come. The bytes are untouched.
    case incomplete

    package static func frame(_ frame: AudioFrame) -> AudioFramingStep { .frames([frame]) }
}

extension ByteBuffer {
    /// Passes over a byte, and over those that follow it until two stand there that may begin a frame.
    package mutating func skipToSync(_ isSync: (UInt16) -> Bool) {
        self.moveReaderIndex(forwardBy: 1)
        while let word = self.getInteger(at: self.readerIndex, as: UInt16.self), !isSync(word) {
            self.moveReaderIndex(forwardBy: 1)
        }
    }
}

package io.kiln.config;

import java.io.Serializable;

/** Replay of old images, for streams that drift. */
public record ReplayConfig(
        @Key(
                        about =
                                "number of images in the replay buffer of each partition; 0 replays nothing",
                        fallback = "0",
                        min = 0,
                        max = 100000)
                int size,
        @Key(
                        about =
                                "largest total size of the encoded images in the replay buffer of each partition; at least ingest.maxImageBytes",
                        fallback = "256MiB",
                        min = 1,
                        max = 1099511627776.0)
                DataSize maxBytes,
        @Key(
                        about =
                                "number of old images replayed with each new one, each with a new crop and mask; 0 fills the buffer and replays nothing",
                        fallback = "1",
                        min = 0,
                        max = 64)
                int perImage,
        @Key(
                        about =
                                "which image leaves a full replay buffer: fifo (the oldest), reservoir (a random one, so that the buffer is a uniform sample of the whole stream) or diverse (the one most like another, by perceptual hash)",
                        fallback = "reservoir")
                Policy policy)
        implements Serializable {
    /** Which image leaves a full buffer. */
    public enum Policy {
        /** The oldest. */
        FIFO,
        /** Any, so that all images of the stream are equally likely to be in the buffer. */
        RESERVOIR,
        /** The one whose perceptual hash is nearest to another's. */
        DIVERSE
    }

    public ReplayConfig {
        if (size > 0 && perImage > size) {
            throw new IllegalArgumentException(
                    "perImage: "
                            + perImage
                            + " is not allowed; expected at most masking.replay.size = "
                            + size);
        }
    }

    /** Whether old images are replayed. */
    public boolean replays() {
        return size > 0;
    }
}

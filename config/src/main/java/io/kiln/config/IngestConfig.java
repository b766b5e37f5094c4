package io.kiln.config;

import java.io.Serializable;

/** How images are sent. */
public record IngestConfig(
        @Key(
                        about = "largest encoded image that is sent, in bytes",
                        fallback = "16MiB",
                        min = 1,
                        max = 31457280)
                DataSize maxImageBytes)
        implements Serializable {}

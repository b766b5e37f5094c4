package io.kiln.config;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;

/** How images are sent. */
public record IngestConfig(
        @Key(
                        about = "largest encoded image that is sent, in bytes",
                        fallback = "16MiB",
                        min = 1,
                        max = 31457280)
                DataSize maxImageBytes,
        @Key(about = "pictures fetched over HTTP at a time", fallback = "8", min = 1, max = 256)
                int httpParallelism,
        @Key(
                        about =
                                "time for one attempt to fetch a picture over HTTP, to its last byte",
                        fallback = "30s",
                        min = 0.1,
                        max = 3600)
                Duration httpTimeout,
        @Key(about = "attempts to fetch a picture over HTTP", fallback = "4", min = 1, max = 20)
                int httpAttempts,
        @Key(
                        about =
                                "columns of Parquet tables that hold images, such as [left, right]; empty to find the one column by its type and name")
                List<String> parquetColumns)
        implements Serializable {
    public IngestConfig {
        parquetColumns = List.copyOf(parquetColumns);
    }
}

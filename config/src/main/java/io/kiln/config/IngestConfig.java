package io.kiln.config;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;

/** How images are fetched and sent. */
public record IngestConfig(
        @Key(
                        about = "largest size of an encoded image; larger ones are refused",
                        fallback = "16MiB",
                        min = 1,
                        max = 31457280)
                DataSize maxImageBytes,
        @Key(
                        about = "number of images fetched over HTTP at the same time",
                        fallback = "8",
                        min = 1,
                        max = 256)
                int httpParallelism,
        @Key(
                        about =
                                "time limit for one attempt to fetch an image over HTTP, up to its last byte",
                        fallback = "30s",
                        min = 0.1,
                        max = 3600)
                Duration httpTimeout,
        @Key(
                        about = "number of attempts to fetch an image over HTTP",
                        fallback = "4",
                        min = 1,
                        max = 20)
                int httpAttempts,
        @Key(
                        about =
                                "whether web servers may redirect to addresses of this machine and its networks, and whether URLs may name link-local addresses",
                        fallback = "false")
                boolean internalAddresses,
        @Key(
                        about =
                                "columns of Parquet tables that hold images, such as [left, right]; empty finds the column by its type and name",
                        fallback = "[]")
                List<String> parquetColumns)
        implements Serializable {
    public IngestConfig {
        parquetColumns = List.copyOf(parquetColumns);
    }
}

package io.kiln.config;

import java.io.Serializable;

/** From which recall on an index of old embeddings may be kept. */
public record CompatibilityConfig(
        @Key(
                        about =
                                "lowest recall@10 for the verdict KEEP, where an index of the promoted version's embeddings is queried with the new version's",
                        fallback = "0.95",
                        min = 0,
                        max = 1)
                double keepRecall,
        @Key(
                        about =
                                "lowest recall@10 through the adapter for the verdict ADAPT; below it, the verdict is RE_EMBED",
                        fallback = "0.8",
                        min = 0,
                        max = 1)
                double adaptRecall)
        implements Serializable {}

package io.kiln.config;

import java.io.Serializable;

/** From which recall on an index of old embeddings may be kept. */
public record CompatibilityConfig(
        @Key(
                        about =
                                "recall@10 of an index of the promoted version's embeddings, asked with the new version's, from which on the verdict is KEEP",
                        fallback = "0.95",
                        min = 0,
                        max = 1)
                double keepRecall,
        @Key(
                        about =
                                "the same through the adapter, from which on the verdict is ADAPT; below it is RE_EMBED",
                        fallback = "0.8",
                        min = 0,
                        max = 1)
                double adaptRecall)
        implements Serializable {}

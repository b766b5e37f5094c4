package io.kiln.kafka;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Fields of a Flink function or operator that its life cycle sets, open() at the latest. */
public final class Opened {
    private Opened() {}

    /** The field's value. */
    public static <T> T opened(@Nullable T field) {
        return Objects.requireNonNull(field, "open() comes first");
    }
}

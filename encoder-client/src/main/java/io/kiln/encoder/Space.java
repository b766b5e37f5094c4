package io.kiln.encoder;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Promotion;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The space that embeddings lie in, named after the version whose encoder gives such embeddings
 * without an adapter. Embeddings may be compared if they lie in one space.
 *
 * @param model name of the model
 * @param runId run that made the version
 * @param version its number
 */
public record Space(String model, String runId, long version) {
    private static final Pattern TEXT = Pattern.compile("(.+)/([^/]+)/v([1-9][0-9]{0,17})");

    /** The space of a version's own embeddings. */
    public static Space of(CheckpointEvent event) {
        return new Space(event.getModel(), event.getRunId(), event.getVersion());
    }

    /** The space of the version promoted before, where a promotion tells of it. */
    static Optional<Space> before(CheckpointEvent event) {
        @Nullable Promotion promotion = event.getPromotion();
        if (promotion == null || promotion.getBeforeVersion() == null) {
            return Optional.empty();
        }
        String runId = Objects.requireNonNullElse(promotion.getBeforeRunId(), event.getRunId());
        return Optional.of(new Space(event.getModel(), runId, promotion.getBeforeVersion()));
    }

    /**
     * Reads what {@link #toString} gives, for instance from beside a stored index.
     *
     * @throws IllegalArgumentException if it is no such text
     */
    public static Space parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "space: " + text + " is not allowed; expected MODEL/RUN/vVERSION");
        }
        return new Space(matcher.group(1), matcher.group(2), Long.parseLong(matcher.group(3)));
    }

    /** MODEL/RUN/vVERSION, to store beside embeddings. */
    @Override
    public String toString() {
        return model + "/" + runId + "/v" + version;
    }
}

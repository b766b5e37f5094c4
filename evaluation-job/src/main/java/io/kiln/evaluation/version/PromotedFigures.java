package io.kiln.evaluation.version;

import io.kiln.evaluation.images.HeldOutImages;
import io.kiln.schemas.CheckpointEvent;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what was measured of the version promoted last, which is the same for all versions that
 * come after it as long as the anchors are the same.
 */
public final class PromotedFigures {
    private @Nullable Measured last;

    /** What was measured of a version on these anchors, if that was the last. */
    Optional<Measured> of(CheckpointEvent event, HeldOutImages anchors) {
        Measured known = last;
        return known != null
                        && Objects.equals(known.event(), event)
                        && Objects.equals(known.kind(), anchors.kind().orElse(null))
                        && known.anchors().getImagesId().equals(anchors.id())
                ? Optional.of(known)
                : Optional.empty();
    }

    /** Remembers figures, unless some are missing: the next try may have them. */
    void remember(Measured measured) {
        last = measured.problems().isEmpty() ? measured : null;
    }

    /** A version as messages name it. */
    static String name(CheckpointEvent event) {
        return "version " + event.getVersion() + " of run " + event.getRunId();
    }
}

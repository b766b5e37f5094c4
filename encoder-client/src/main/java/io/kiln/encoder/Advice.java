package io.kiln.encoder;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Promotion;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a version means for embeddings that were stored before it. */
public enum Advice {
    /** They may be searched with the version's own embeddings, as its evaluation found. */
    KEEP,
    /** They may be searched with the version's embeddings once adapters have taken those over. */
    ADAPT,
    /** They cannot be searched with the version's embeddings: embed the images again. */
    RE_EMBED;

    /** What the promotion of a version says of embeddings by the one promoted before. */
    static Optional<Advice> of(CheckpointEvent event) {
        @Nullable Promotion promotion = event.getPromotion();
        return promotion == null
                ? Optional.empty()
                : Arrays.stream(values())
                        .filter(advice -> advice.name().equals(promotion.getVerdict()))
                        .findFirst(); // a later Kiln may have others
    }

    /** Of embeddings in the space that adapters lead to. */
    static Advice of(List<Adapter> path) {
        return path.stream().allMatch(adapter -> adapter.advice() == KEEP) ? KEEP : ADAPT;
    }
}

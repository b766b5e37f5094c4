package io.kiln.masking.job;

import io.kiln.masking.order.Dropped;
import io.kiln.masking.records.DeadLetter;
import io.kiln.masking.records.ImageInput;
import io.kiln.masking.records.Position;
import io.kiln.schemas.DeadLetterReason;
import org.apache.flink.api.common.functions.MapFunction;

/** Makes the dead letter of an image that was dropped: it holds no value, only where that is. */
final class DuplicateDeadLetter implements MapFunction<Dropped, DeadLetter> {
    private static final long serialVersionUID = 1L;

    @Override
    public DeadLetter map(Dropped dropped) {
        Position position = dropped.position();
        Position kept = new Position(position.topic(), position.partition(), dropped.kept());
        return new DeadLetter(
                new ImageInput(position, null, null),
                dropped.exact() ? DeadLetterReason.DUPLICATE : DeadLetterReason.NEAR_DUPLICATE,
                dropped.exact()
                        ? "the same image as " + kept
                        : "differs from " + kept + " in " + dropped.distance() + " of 64 bits",
                "",
                dropped.imageId());
    }
}

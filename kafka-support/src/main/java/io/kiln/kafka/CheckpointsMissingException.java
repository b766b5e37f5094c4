package io.kiln.kafka;

import java.time.Duration;

/** A job has completed no checkpoint for longer than allowed. It restarts. */
public final class CheckpointsMissingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CheckpointsMissingException(Duration limit) {
        super(
                "no checkpoint was completed for "
                        + limit.toSeconds()
                        + " s (flink.checkpointInterval plus flink.checkpointTimeout), so nothing was published: the job"
                        + " restarts from its last checkpoint. If long steps make checkpoints slower than this, raise"
                        + " flink.checkpointTimeout");
    }
}

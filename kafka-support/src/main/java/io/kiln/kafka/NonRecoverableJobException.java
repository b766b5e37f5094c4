package io.kiln.kafka;

import org.apache.flink.runtime.execution.SuppressRestartsException;

/**
 * A job that cannot go on as it was started. Flink does not restart it, because a restart would
 * fail likewise. The cause holds the reason, which says what to do.
 */
public final class NonRecoverableJobException extends SuppressRestartsException {
    private static final long serialVersionUID = 1L;

    public NonRecoverableJobException(String reason) {
        super(new IllegalStateException(reason));
    }
}

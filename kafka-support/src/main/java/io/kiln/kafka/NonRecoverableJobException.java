package io.kiln.kafka;

import org.apache.flink.runtime.execution.SuppressRestartsException;

/**
 * A run that must not go on as it was started: trying again would not help, so the job fails at
 * once and for good. The reason is the cause, and says what to do.
 */
public final class NonRecoverableJobException extends SuppressRestartsException {
    private static final long serialVersionUID = 1L;

    public NonRecoverableJobException(String reason) {
        super(new IllegalStateException(reason));
    }
}

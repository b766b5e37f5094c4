package io.kiln.evaluation.job;

import io.kiln.schemas.Evaluation;

/**
 * A serialized evaluation on its way to the sink.
 *
 * @param key of its record: model/runId/version
 * @param value Evaluation in the registry's wire format
 */
@SuppressWarnings("ArrayRecordComponent") // a message between operators, never compared
public record EvaluationMessage(String key, byte[] value) {
    static EvaluationMessage of(Evaluation one, byte[] value) {
        return new EvaluationMessage(
                one.getModel() + "/" + one.getRunId() + "/" + one.getVersion(), value);
    }
}

package io.kiln.training.run;

import io.kiln.model.training.StepResult;
import io.kiln.schemas.TrainingStep;
import io.kiln.training.input.BatchInput;

/** What a step did, as a record. */
final class StepRecords {
    private StepRecords() {}

    /**
     * @param seconds that the step took
     * @param waited seconds that went by between the step before and this batch
     */
    static TrainingStep of(
            String runId,
            BatchInput input,
            String batchId,
            int images,
            StepResult result,
            double seconds,
            double waited) {
        double all = seconds + waited;
        return new TrainingStep(
                runId,
                result.step(),
                result.samplesSeen(),
                batchId,
                input.partition(),
                input.offset(),
                images,
                result.skipped(),
                result.loss(),
                result.learningRate(),
                result.weightDecay(),
                result.gradientNorm(),
                seconds,
                all > 0 ? images / all : 0,
                all > 0 ? waited / all : 0);
    }
}

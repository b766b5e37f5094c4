package io.kiln.training.run;

import io.kiln.kafka.NonRecoverableJobException;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TrainingStep;
import io.kiln.training.input.BatchInput;
import io.kiln.training.state.RunProgress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Batches in a row that could not be trained on. They are held until training goes on, and then
 * told as skipped. If none of many can be trained on, training has diverged: the job ends, and has
 * passed over none of them.
 */
final class SkippedBatches {
    private static final Logger LOG = LoggerFactory.getLogger(SkippedBatches.class);

    private final int limit;
    private final List<TrainingStep> held = new ArrayList<>();
    private final List<TrainingStep> settled = new ArrayList<>();

    /**
     * @param limit number of batches in a row that end the job
     */
    SkippedBatches(int limit) {
        this.limit = limit;
    }

    /**
     * Holds a batch.
     *
     * @throws NonRecoverableJobException if it is one too many
     */
    void hold(BatchInput input, TrainingStep step, RunProgress progress) {
        LOG.warn(
                "batch {} ({}) skipped: loss {}, gradient norm {}",
                step.getBatchId(),
                input.place(),
                step.getLoss(),
                step.getGradientNorm());
        progress.hold(input);
        held.add(step);
        if (inARow() >= limit) {
            throw diverged(progress.held().get(0), input);
        }
    }

    /** Passes over a record that is no batch, after those that are held. */
    void passOver(BatchInput input, TrainingStep step, RunProgress progress) {
        if (held.isEmpty()) {
            progress.passedOver(input);
            settled.add(step);
        } else {
            progress.hold(input);
            held.add(step);
        }
    }

    private static boolean isBatch(TrainingStep step) {
        return step.getImages() > 0;
    }

    private NonRecoverableJobException diverged(BatchInput first, BatchInput last) {
        return new NonRecoverableJobException(
                "training has diverged: loss or gradient was not finite in "
                        + inARow()
                        + " batches in a row (training.maxSkippedInARow), from "
                        + first.place()
                        + " to "
                        + last.place()
                        + ", or they were too small for batch norm. None of them counts as trained on. Submit with the"
                        + " last checkpoint and a lower training.schedule.peakLearningRate. If that does not help, begin"
                        + " another run (training.runId) with the weights of an earlier version"
                        + " (training.init.weights)");
    }

    /**
     * What is held is skipped for good.
     *
     * @param decoder decodes a batch once more
     */
    void settle(RunProgress progress, Function<BatchInput, SparseBatch> decoder) {
        List<BatchInput> inputs = progress.held();
        progress.release();
        for (int i = 0; i < inputs.size(); i++) {
            if (isBatch(held.get(i))) {
                progress.saw(inputs.get(i), decoder.apply(inputs.get(i)));
            } else {
                progress.passedOver(inputs.get(i));
            }
        }
        settled.addAll(held);
        held.clear();
    }

    /** A step was taken. */
    void goesOn(TrainingStep step) {
        settled.add(step);
    }

    /** Takes the steps that are settled since the last call, in their order. */
    List<TrainingStep> settled() {
        List<TrainingStep> taken = List.copyOf(settled);
        settled.clear();
        return taken;
    }

    /** Batches that are held. */
    int inARow() {
        return (int) held.stream().filter(SkippedBatches::isBatch).count();
    }
}

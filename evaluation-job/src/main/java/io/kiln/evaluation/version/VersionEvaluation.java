package io.kiln.evaluation.version;

import io.kiln.config.KilnConfig;
import io.kiln.evaluation.images.HeldOutImages;
import io.kiln.evaluation.probe.ProbeSet;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.SparseBatch;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The evaluation of one version, in steps of a part of the images each, so that a job can do other
 * work between them. A version that cannot be evaluated has an evaluation that says why. The result
 * is a function of the version's files, the images in their order, and the configuration.
 */
public final class VersionEvaluation implements AutoCloseable {
    private final CheckpointEvent event;
    private final VersionMeasurement own;

    /**
     * @param config of the job: masking.batchSize images are measured at a time
     * @param event that announced the version
     * @param anchors records of held-out images, one each
     * @param recent the same
     * @param pictures to probe it with; null for none
     * @throws IOException if there is no room for copies of the files
     */
    public VersionEvaluation(
            KilnConfig config,
            CheckpointEvent event,
            List<SparseBatch> anchors,
            List<SparseBatch> recent,
            @Nullable ProbeSet pictures)
            throws IOException {
        this.event = event;
        this.own =
                new VersionMeasurement(
                        config,
                        event,
                        HeldOutImages.fitting(anchors, event.getInput()),
                        HeldOutImages.fitting(recent, event.getInput()),
                        pictures);
    }

    /**
     * Takes the next step.
     *
     * @return whether another one remains
     */
    public boolean step() {
        return own.step();
    }

    /**
     * The result, once no step remains.
     *
     * @param skipped versions that were not evaluated because this one came
     */
    public Evaluation result(List<Long> skipped) {
        Measured measured = own.measured();
        return Evaluation.newBuilder()
                .setRunId(event.getRunId())
                .setModel(event.getModel())
                .setVersion(event.getVersion())
                .setStep(event.getStep())
                .setSamplesSeen(event.getSamplesSeen())
                .setTrainingLoss(event.getTrainingLoss())
                .setFeatureSize(measured.featureSize())
                .setAnchors(measured.anchors())
                .setRecent(measured.recent())
                .setSkippedVersions(List.copyOf(skipped))
                .setProblems(measured.problems())
                .setProbe(measured.probe())
                .build();
    }

    /** The version. */
    public CheckpointEvent event() {
        return event;
    }

    @Override
    public void close() {
        own.close();
    }
}

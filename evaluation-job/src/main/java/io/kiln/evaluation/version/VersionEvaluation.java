package io.kiln.evaluation.version;

import io.kiln.config.KilnConfig;
import io.kiln.evaluation.images.HeldOutImages;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.network.Architecture;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.torch.Kernels;
import io.kiln.model.training.TrainedNetwork;
import io.kiln.model.weights.WeightNames;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.InputSpec;
import io.kiln.schemas.SparseBatch;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The evaluation of one version, in steps of a part of the images each, so that a job can do other
 * work between them. A version that cannot be evaluated has an evaluation that says why. The result
 * is a function of the version's files, the images in their order, and the configuration.
 */
public final class VersionEvaluation implements AutoCloseable {
    /** A step. */
    private interface Step {
        void run() throws IOException;
    }

    private final KilnConfig config;
    private final CheckpointEvent event;
    private final VersionFiles files;
    private final HeldOutImages anchors;
    private final HeldOutImages recent;
    private final SetMeasurement ofAnchors;
    private final SetMeasurement ofRecent;
    private final List<String> problems = new ArrayList<>();
    private final Deque<Step> lossSteps = new ArrayDeque<>();
    private final Deque<Step> featureSteps = new ArrayDeque<>();
    private final List<AutoCloseable> opened = new ArrayList<>();

    /**
     * @param config of the job: masking.batchSize images are measured at a time
     * @param event that announced the version
     * @param anchors records of held-out images, one each
     * @param recent the same
     * @throws IOException if there is no room for copies of the files
     */
    public VersionEvaluation(
            KilnConfig config,
            CheckpointEvent event,
            List<SparseBatch> anchors,
            List<SparseBatch> recent)
            throws IOException {
        this.config = config;
        this.event = event;
        this.files = new VersionFiles(event);
        InputSpec input = event.getInput();
        this.anchors = HeldOutImages.fitting(anchors, input);
        this.recent = HeldOutImages.fitting(recent, input);
        this.ofAnchors = new SetMeasurement(this.anchors, input);
        this.ofRecent = new SetMeasurement(this.recent, input);
        if (this.anchors.size() == 0 && this.recent.size() == 0) {
            problems.add(
                    "no held-out image has the version's input, "
                            + input.getHeight()
                            + " x "
                            + input.getWidth()
                            + " pixels of "
                            + input.getChannels()
                            + " channels of "
                            + input.getSampleBits()
                            + " bits");
        } else {
            lossSteps.add(this::openNetwork);
            featureSteps.add(this::openEncoder);
        }
    }

    /**
     * Takes the next step.
     *
     * @return whether another one remains
     */
    public boolean step() {
        if (!lossSteps.isEmpty()) {
            if (!run(lossSteps, FileRole.TRAINING_STATE, "holdout loss")) {
                ofAnchors.dropLoss();
                ofRecent.dropLoss();
            }
        } else if (!featureSteps.isEmpty()) {
            if (!run(featureSteps, FileRole.ENCODER, "features")) {
                ofAnchors.dropFeatures();
                ofRecent.dropFeatures();
            }
        }
        return !lossSteps.isEmpty() || !featureSteps.isEmpty();
    }

    private boolean run(Deque<Step> steps, FileRole role, String what) {
        try {
            steps.remove().run();
            if (steps.isEmpty()) {
                closeOpened();
            }
            return true;
        } catch (IOException | RuntimeException e) {
            steps.clear();
            closeOpened();
            problems.add("no " + what + ": " + files.message(role, e));
            return false;
        }
    }

    private void openNetwork() throws IOException {
        InputSpec input = event.getInput();
        TrainedNetwork network =
                TrainedNetwork.open(
                        files.fetch(FileRole.TRAINING_STATE),
                        Architecture.fromJson(event.getArchitecture()),
                        new Normalisation(input.getMean(), input.getStd()),
                        Kernels.valueOf(config.training().kernels().name()),
                        config.evaluation().device());
        opened.add(network);
        for (HeldOutImages part : parts(anchors)) {
            lossSteps.add(() -> ofAnchors.addLoss(network, part));
        }
        for (HeldOutImages part : parts(recent)) {
            lossSteps.add(() -> ofRecent.addLoss(network, part));
        }
    }

    private void openEncoder() throws IOException {
        ImageEncoder encoder =
                ImageEncoder.open(
                        files.fetch(FileRole.ENCODER),
                        WeightNames.valueOf(
                                event.getWeightNames().toUpperCase(java.util.Locale.ROOT)),
                        config.evaluation().device());
        opened.add(encoder);
        for (HeldOutImages part : parts(anchors)) {
            featureSteps.add(() -> ofAnchors.addFeatures(encoder, part));
        }
        for (HeldOutImages part : parts(recent)) {
            featureSteps.add(() -> ofRecent.addFeatures(encoder, part));
        }
    }

    /** As many images as a training batch: the norms of the loss see as many. */
    private List<HeldOutImages> parts(HeldOutImages images) {
        return images.parts(config.masking().batchSize());
    }

    /**
     * The result, once no step remains.
     *
     * @param skipped versions that were not evaluated because this one came
     */
    public Evaluation result(List<Long> skipped) {
        return new Evaluation(
                event.getRunId(),
                event.getModel(),
                event.getVersion(),
                event.getStep(),
                event.getSamplesSeen(),
                event.getTrainingLoss(),
                Math.max(ofAnchors.featureSize(), ofRecent.featureSize()),
                ofAnchors.figures(),
                ofRecent.figures(),
                List.copyOf(skipped),
                List.copyOf(problems));
    }

    /** The version. */
    public CheckpointEvent event() {
        return event;
    }

    private void closeOpened() {
        for (AutoCloseable one : opened) {
            try {
                one.close();
            } catch (Exception e) {
                throw new IllegalStateException("a network cannot be closed", e);
            }
        }
        opened.clear();
    }

    @Override
    public void close() {
        closeOpened();
        files.close();
    }
}

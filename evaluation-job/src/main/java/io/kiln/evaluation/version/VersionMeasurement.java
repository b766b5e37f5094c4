package io.kiln.evaluation.version;

import io.kiln.config.KilnConfig;
import io.kiln.evaluation.images.EraImages;
import io.kiln.evaluation.images.HeldOutImages;
import io.kiln.evaluation.probe.ProbeSet;
import io.kiln.model.batch.Normalisation;
import io.kiln.model.network.Architecture;
import io.kiln.model.script.ImageEncoder;
import io.kiln.model.torch.Kernels;
import io.kiln.model.training.TrainedNetwork;
import io.kiln.model.weights.WeightNames;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.InputSpec;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Measures one version, in steps of a part of the images each. What fails is left out, and a
 * problem says why.
 */
final class VersionMeasurement implements AutoCloseable {
    /** A step. */
    private interface Step {
        void run() throws IOException;
    }

    /** Steps towards one kind of figures, all of which are dropped if one fails. */
    private record Stage(FileRole role, String what, Deque<Step> steps, Runnable drop) {}

    private final KilnConfig config;
    private final CheckpointEvent event;
    private final boolean withAll;
    private final VersionFiles files;
    private final HeldOutImages anchors;
    private final HeldOutImages recent;
    private final SetMeasurement ofAnchors;
    private final SetMeasurement ofRecent;
    private final List<EraMeasurement> ofEras = new ArrayList<>();
    private @Nullable ProbeMeasurement probe;
    private @Nullable FeatureShift shift;
    private final List<String> problems = new ArrayList<>();
    private final Deque<Stage> stages = new ArrayDeque<>();
    private @Nullable AutoCloseable opened;

    /**
     * @param anchors that fit the version
     * @param recent the same
     * @param eras samples whose loss is measured
     * @param withLoss whether the holdout loss is measured
     * @param withAll whether figures are measured that neither comparison nor gate needs
     * @param pictures to probe it with; null for none
     * @throws IOException if there is no room for copies of the files
     */
    VersionMeasurement(
            KilnConfig config,
            CheckpointEvent event,
            HeldOutImages anchors,
            HeldOutImages recent,
            List<EraImages> eras,
            boolean withLoss,
            boolean withAll,
            @Nullable ProbeSet pictures)
            throws IOException {
        this.config = config;
        this.event = event;
        this.withAll = withAll;
        this.files = new VersionFiles(event);
        this.anchors = anchors;
        this.recent = recent;
        InputSpec input = event.getInput();
        this.ofAnchors = new SetMeasurement(anchors, input);
        this.ofRecent = new SetMeasurement(recent, input);
        eras.forEach(era -> ofEras.add(new EraMeasurement(era, input)));
        if (anchors.size() == 0 && recent.size() == 0) {
            problems.add("no held-out image has the version's input, " + text(input));
        } else {
            if (withLoss) {
                plan(FileRole.TRAINING_STATE, "holdout loss", this::openNetwork, this::dropLoss);
            }
            plan(FileRole.ENCODER, "features", this::openEncoder, this::dropFeatures);
        }
        if (pictures != null && pictures.fits(input)) {
            plan(FileRole.ENCODER, "probe", () -> openProbe(pictures), () -> probe = null);
        } else if (pictures != null) {
            problems.add("no probe: its pictures are not of the version's input, " + text(input));
        }
    }

    private static String text(InputSpec input) {
        return input.getHeight()
                + " x "
                + input.getWidth()
                + " pixels of "
                + input.getChannels()
                + " channels of "
                + input.getSampleBits()
                + " bits";
    }

    private void plan(FileRole role, String what, Step open, Runnable drop) {
        stages.add(new Stage(role, what, new ArrayDeque<>(List.of(open)), drop));
    }

    private void then(Step step) {
        stages.element().steps().add(step);
    }

    /**
     * Takes the next step.
     *
     * @return whether another one remains
     */
    boolean step() {
        if (stages.isEmpty()) {
            return false;
        }
        Stage stage = stages.element();
        try {
            stage.steps().remove().run();
        } catch (IOException | RuntimeException e) {
            stage.steps().clear();
            stage.drop().run();
            problems.add("no " + stage.what() + ": " + files.message(stage.role(), e));
        }
        if (stage.steps().isEmpty()) {
            closeOpened();
            stages.remove();
        }
        return !stages.isEmpty();
    }

    private void openNetwork() throws IOException {
        InputSpec input = event.getInput();
        TrainedNetwork network =
                TrainedNetwork.open(
                        files.fetch(FileRole.TRAINING_STATE),
                        Architecture.fromJson(event.getArchitecture()),
                        new Normalisation(input.getMean(), input.getStd()),
                        Kernels.named(
                                config.training().kernels().name(),
                                config.training().gemm().name()),
                        config.evaluation().device());
        opened = network;
        parts(anchors).forEach(part -> then(() -> ofAnchors.addLoss(network, part)));
        parts(recent).forEach(part -> then(() -> ofRecent.addLoss(network, part)));
        if (withAll) {
            parts(anchors).forEach(part -> then(() -> ofAnchors.addRunningLoss(network, part)));
            parts(recent).forEach(part -> then(() -> ofRecent.addRunningLoss(network, part)));
        }
        for (EraMeasurement era : ofEras) {
            parts(era.images()).forEach(part -> then(() -> era.addLoss(network, part)));
        }
    }

    private ImageEncoder encoder() throws IOException {
        ImageEncoder encoder =
                ImageEncoder.open(
                        files.fetch(FileRole.ENCODER),
                        WeightNames.valueOf(event.getWeightNames().toUpperCase(Locale.ROOT)),
                        config.evaluation().device());
        opened = encoder;
        return encoder;
    }

    private void openEncoder() throws IOException {
        ImageEncoder encoder = encoder();
        parts(anchors).forEach(part -> then(() -> ofAnchors.addFeatures(encoder, part)));
        parts(recent).forEach(part -> then(() -> ofRecent.addFeatures(encoder, part)));
        if (withAll) {
            for (SetMeasurement set : List.of(ofAnchors, ofRecent)) {
                parts(set.viewed()).forEach(part -> then(() -> set.addViews(encoder, part)));
            }
        }
        then(ofAnchors::measureFeatures);
        then(ofRecent::measureFeatures);
        then(() -> shift = FeatureShift.of(ofAnchors, ofRecent).orElse(null));
    }

    private void openProbe(ProbeSet pictures) throws IOException {
        ImageEncoder encoder = encoder();
        ProbeMeasurement measurement = new ProbeMeasurement(pictures, event.getInput());
        int most = config.masking().batchSize();
        for (int from = 0; from < pictures.size(); from += most) {
            int first = from;
            int end = Math.min(from + most, pictures.size());
            then(() -> measurement.embed(encoder, first, end));
        }
        for (int fold = 0; fold < ProbeSet.FOLDS; fold++) {
            then(measurement::fold);
        }
        probe = measurement;
    }

    /** As many images as a training batch: the norms of the loss see as many. */
    private List<HeldOutImages> parts(HeldOutImages images) {
        return images.parts(config.masking().batchSize());
    }

    private void dropLoss() {
        ofAnchors.dropLoss();
        ofRecent.dropLoss();
        ofEras.forEach(EraMeasurement::dropLoss);
    }

    private void dropFeatures() {
        ofAnchors.dropFeatures();
        ofRecent.dropFeatures();
        shift = null;
    }

    /** The figures, once no step remains. */
    Measured measured() {
        return new Measured(
                event,
                anchors.kind().orElse(null),
                ofAnchors.figures(),
                ofRecent.figures(),
                Math.max(ofAnchors.featureSize(), ofRecent.featureSize()),
                ofAnchors.embeddings(),
                probe == null ? null : probe.figures(),
                shift,
                ofEras.stream().map(EraMeasurement::figures).toList(),
                List.copyOf(problems));
    }

    private void closeOpened() {
        AutoCloseable one = opened;
        opened = null;
        if (one != null) {
            try {
                one.close();
            } catch (Exception e) {
                throw new IllegalStateException("a network cannot be closed", e);
            }
        }
    }

    @Override
    public void close() {
        closeOpened();
        files.close();
    }
}

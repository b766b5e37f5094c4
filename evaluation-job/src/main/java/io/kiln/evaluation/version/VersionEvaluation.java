package io.kiln.evaluation.version;

import io.kiln.checkpoints.Artifacts;
import io.kiln.config.KilnConfig;
import io.kiln.evaluation.images.EraImages;
import io.kiln.evaluation.images.HeldOutImages;
import io.kiln.evaluation.probe.ProbeSet;
import io.kiln.schemas.AdapterFile;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.DriftFigures;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.GateDecision;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.Verdict;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The evaluation of one version, in steps of a part of the images each, so that a job can do other
 * work between them: its own figures, those of the version promoted last on the same images, and
 * how the two compare. A version that cannot be evaluated has an evaluation that says why. The
 * result is a function of the versions' files, the images in their order, and the configuration.
 */
public final class VersionEvaluation implements AutoCloseable {
    private final KilnConfig config;
    private final CheckpointEvent event;
    private final List<SparseBatch> anchors;
    private final DriftFigures drift;
    private final @Nullable ProbeSet pictures;
    private final @Nullable CheckpointEvent promoted;
    private final PromotedFigures remembered;
    private final VersionMeasurement own;
    private @Nullable VersionMeasurement ofPromoted;
    private @Nullable Measured before;
    private @Nullable Comparison comparison;
    private @Nullable AdapterFile adapter;
    private @Nullable GateDecision gate;
    private final List<String> problems = new ArrayList<>();
    private final Deque<BooleanSupplier> phases = new ArrayDeque<>();

    /**
     * @param config of the job: masking.batchSize images are measured at a time
     * @param event that announced the version
     * @param anchors records of held-out images, one each
     * @param recent the same
     * @param eras samples of the eras that are over
     * @param drift of the held-out images until now
     * @param pictures to probe it with; null for none
     * @param promoted event of the version promoted last; null if none was
     * @param remembered figures of that version
     * @throws IOException if there is no room for copies of the files
     */
    public VersionEvaluation(
            KilnConfig config,
            CheckpointEvent event,
            List<SparseBatch> anchors,
            List<SparseBatch> recent,
            List<EraImages> eras,
            DriftFigures drift,
            @Nullable ProbeSet pictures,
            @Nullable CheckpointEvent promoted,
            PromotedFigures remembered)
            throws IOException {
        this.config = config;
        this.event = event;
        this.anchors = List.copyOf(anchors);
        this.drift = drift;
        this.pictures = pictures;
        this.promoted = promoted;
        this.remembered = remembered;
        this.own =
                new VersionMeasurement(
                        config,
                        event,
                        HeldOutImages.fitting(anchors, event.getInput()),
                        HeldOutImages.fitting(recent, event.getInput()),
                        eras,
                        true,
                        true,
                        pictures);
        phases.add(own::step);
        if (promoted != null) {
            phases.add(() -> measure(promoted));
            phases.add(this::compare);
        }
        if (config.evaluation().promotes()) {
            phases.add(this::decide);
        }
    }

    /**
     * Takes the next step.
     *
     * @return whether another one remains
     */
    public boolean step() {
        if (!phases.isEmpty() && !phases.element().getAsBoolean()) {
            phases.remove();
        }
        return !phases.isEmpty();
    }

    /** Measures the promoted version, as far as comparison and gate need it. */
    private boolean measure(CheckpointEvent of) {
        try {
            if (ofPromoted == null) {
                HeldOutImages fitting = HeldOutImages.fitting(anchors, of.getInput());
                before = remembered.of(of, fitting).orElse(null);
                if (before != null) {
                    return false;
                }
                boolean gated = config.evaluation().promotes();
                ofPromoted =
                        new VersionMeasurement(
                                config,
                                of,
                                fitting,
                                HeldOutImages.fitting(List.of(), of.getInput()),
                                List.of(),
                                gated,
                                false,
                                gated ? pictures : null);
            }
            if (ofPromoted.step()) {
                return true;
            }
            before = ofPromoted.measured();
            ofPromoted.close();
            ofPromoted = null;
            remembered.remember(before);
            String name = PromotedFigures.name(of) + ", which is promoted: ";
            before.problems().forEach(problem -> problems.add(name + problem));
        } catch (IOException e) {
            problems.add(PromotedFigures.name(of) + " cannot be measured: " + e.getMessage());
        }
        return false;
    }

    private boolean compare() {
        try {
            if (comparison == null) {
                comparison =
                        before == null
                                ? null
                                : Comparison.of(
                                                config.evaluation().compatibility(),
                                                before,
                                                own.measured(),
                                                problems)
                                        .orElse(null);
                return comparison != null;
            }
            if (comparison.step()) {
                return true;
            }
            if (promoted != null && comparison.verdict() != Verdict.RE_EMBED) {
                adapter = AdapterWriter.write(config, event, promoted, comparison.adapter());
            }
        } catch (IOException e) {
            problems.add("no adapter: " + e.getMessage());
        } catch (RuntimeException e) {
            comparison = null;
            problems.add("no comparison: " + e.getMessage());
        }
        return false;
    }

    /** A version whose files are not all there is not promoted. */
    private boolean decide() {
        GateDecision decision = Gate.decide(config, own.measured(), before);
        gate = decision;
        if (promoted != null && before == null) {
            refuse(decision, PromotedFigures.name(promoted) + " could not be measured");
        }
        if (decision.getPassed()) {
            for (CheckpointFile file : event.getFiles()) {
                try {
                    Artifacts.verify(file);
                } catch (IOException | RuntimeException e) {
                    refuse(decision, String.valueOf(e.getMessage()));
                    return false;
                }
            }
        }
        return false;
    }

    private static void refuse(GateDecision decision, String reason) {
        List<String> reasons = new ArrayList<>(decision.getReasons());
        reasons.add(reason);
        decision.put("passed", false);
        decision.put("reasons", List.copyOf(reasons));
    }

    /**
     * The result, once no step remains.
     *
     * @param skipped versions that were not evaluated because this one came
     * @param objection why the version must not be promoted, whatever its figures are
     */
    public Evaluation result(List<Long> skipped, Optional<String> objection) {
        Measured measured = own.measured();
        if (gate != null && objection.isPresent()) {
            refuse(gate, objection.get());
        }
        List<String> all = new ArrayList<>(measured.problems());
        all.addAll(problems);
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
                .setProblems(all)
                .setProbe(measured.probe())
                .setCompatibility(comparison == null ? null : comparison.figures(adapter))
                .setGate(gate)
                .setEras(measured.eras())
                .setDrift(measured.shift() == null ? drift : measured.shift().addedTo(drift))
                .build();
    }

    /** The version. */
    public CheckpointEvent event() {
        return event;
    }

    @Override
    public void close() {
        own.close();
        if (ofPromoted != null) {
            ofPromoted.close();
        }
    }
}

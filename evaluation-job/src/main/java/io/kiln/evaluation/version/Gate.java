package io.kiln.evaluation.version;

import io.kiln.config.KilnConfig;
import io.kiln.config.MarginsConfig;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.GateDecision;
import io.kiln.schemas.ProbeErrors;
import io.kiln.schemas.ProbeFigures;
import io.kiln.schemas.SetFigures;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a version is promoted: if none of its figures on the anchors is worse than that
 * of the version promoted last, within the margins. The first one passes if it has all figures and
 * has not collapsed. One whose input other anchors fit than that of the version promoted last does
 * not pass: a person must say that it is to take its place.
 */
final class Gate {
    private final MarginsConfig margins;
    private final Measured now;
    private final @Nullable Measured before;
    private final boolean sameImages;
    private final boolean probes;
    private final List<String> reasons = new ArrayList<>();

    private Gate(KilnConfig config, Measured now, @Nullable Measured before) {
        this.margins = config.evaluation().margins();
        this.probes = !config.evaluation().probe().isEmpty();
        this.now = now;
        this.before = before;
        this.sameImages =
                before == null
                        || before.anchors().getImagesId().equals(now.anchors().getImagesId());
    }

    static GateDecision decide(KilnConfig config, Measured now, @Nullable Measured before) {
        Gate gate = new Gate(config, now, before);
        return gate.decide();
    }

    private GateDecision decide() {
        SetFigures old = before == null || !sameImages ? null : before.anchors();
        Double loss = old == null ? null : old.getLoss();
        Double rank = old == null ? null : old.getEffectiveRank();
        Double probe = before == null ? null : linear(before.probe());
        atMost("holdout loss", now.anchors().getLoss(), loss, 1 + margins.loss());
        atLeast("effective rank", now.anchors().getEffectiveRank(), rank, 1 - margins.rank(), 0);
        if (probes) {
            atLeast("accuracy in the probe", linear(now.probe()), probe, 1, probeMargin());
        }
        if (before != null && !sameImages) {
            reasons.add(
                    "it cannot be compared with "
                            + PromotedFigures.name(before.event())
                            + ", which takes other images: promote it with kiln checkpoints"
                            + " promote if it is to replace that version");
        }
        Double dead = now.anchors().getDeadChannels();
        if (dead != null && dead >= 1) {
            reasons.add("its features are the same for all anchors");
        }
        CheckpointEvent event = before == null ? null : before.event();
        return new GateDecision(
                reasons.isEmpty(),
                event == null ? null : event.getRunId(),
                event == null ? null : event.getVersion(),
                loss,
                rank,
                probe,
                List.copyOf(reasons));
    }

    /** What the probe cannot tell is no reason. */
    private double probeMargin() {
        ProbeFigures promoted = before == null ? null : before.probe();
        return promoted == null
                ? margins.probe()
                : Math.max(margins.probe(), ProbeErrors.ofLinear(promoted));
    }

    static @Nullable Double linear(@Nullable ProbeFigures probe) {
        return probe == null ? null : probe.getLinear();
    }

    private void atMost(
            String figure, @Nullable Double value, @Nullable Double old, double factor) {
        if (has(figure, value, old) && old != null && value != null && value > old * factor) {
            reasons.add(text(figure, value, "exceeds", old * factor));
        }
    }

    private void atLeast(
            String figure,
            @Nullable Double value,
            @Nullable Double old,
            double factor,
            double margin) {
        if (has(figure, value, old)
                && old != null
                && value != null
                && value < old * factor - margin) {
            reasons.add(text(figure, value, "is below", old * factor - margin));
        }
    }

    private boolean has(String figure, @Nullable Double value, @Nullable Double old) {
        if (value == null) {
            reasons.add("it has no " + figure);
        } else if (before != null && sameImages && old == null) {
            reasons.add(PromotedFigures.name(before.event()) + " has no " + figure);
        }
        return value != null;
    }

    private String text(String figure, double value, String relation, double bound) {
        return String.format(
                Locale.ROOT,
                "%s %.4f %s %.4f, what %s and its margin allow",
                figure,
                value,
                relation,
                bound,
                before == null ? "" : PromotedFigures.name(before.event()));
    }
}

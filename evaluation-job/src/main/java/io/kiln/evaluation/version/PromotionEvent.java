package io.kiln.evaluation.version;

import io.kiln.schemas.AdapterFile;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.Compatibility;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.GateDecision;
import io.kiln.schemas.Promotion;
import io.kiln.schemas.PromotionFigure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The event that promotes a version which has passed the gate. */
public final class PromotionEvent {
    private PromotionEvent() {}

    /**
     * Makes the event.
     *
     * @param announced the event that announced the version
     * @param evaluation of the version; it has passed
     * @param at when it was decided
     */
    public static CheckpointEvent of(CheckpointEvent announced, Evaluation evaluation, Instant at) {
        GateDecision gate = evaluation.getGate();
        if (gate == null || !gate.getPassed()) {
            throw new IllegalArgumentException("the version has not passed the gate");
        }
        List<CheckpointFile> files = new ArrayList<>(announced.getFiles());
        Compatibility compatibility = evaluation.getCompatibility();
        AdapterFile adapter = compatibility == null ? null : compatibility.getAdapter();
        if (adapter != null) {
            files.add(
                    new CheckpointFile(
                            FileRole.ADAPTER,
                            adapter.getUri(),
                            "safetensors",
                            adapter.getBytes(),
                            adapter.getSha256()));
        }
        List<PromotionFigure> figures = new ArrayList<>();
        add("holdoutLoss", evaluation.getAnchors().getLoss(), gate.getLoss(), figures);
        add(
                "effectiveRank",
                evaluation.getAnchors().getEffectiveRank(),
                gate.getEffectiveRank(),
                figures);
        add("probe", Gate.linear(evaluation.getProbe()), gate.getProbe(), figures);
        CheckpointEvent event =
                CheckpointEvents.withStatus(announced, CheckpointStatus.PROMOTED, at);
        return CheckpointEvent.newBuilder(event)
                .setFiles(files)
                .setPromotion(
                        new Promotion(
                                gate.getRunId(),
                                gate.getVersion(),
                                figures,
                                compatibility == null ? null : compatibility.getVerdict().name()))
                .build();
    }

    private static void add(
            String name,
            @Nullable Double value,
            @Nullable Double before,
            List<PromotionFigure> figures) {
        if (value != null) {
            figures.add(new PromotionFigure(name, value, before));
        }
    }
}

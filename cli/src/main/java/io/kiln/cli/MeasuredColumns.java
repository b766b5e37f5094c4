package io.kiln.cli;

import static io.kiln.operations.report.Numbers.figure;

import io.kiln.schemas.Evaluation;
import io.kiln.schemas.SetFigures;
import java.util.List;
import java.util.Optional;

/** What {@code kiln checkpoints list} shows of each version that was evaluated. */
final class MeasuredColumns {
    /** Above the cells; of the anchors but for RECENT. */
    static final List<String> HEADINGS =
            List.of("ANCHORS", "RECENT", "RUNNING", "RANK", "DEAD", "ALIGN");

    private MeasuredColumns() {}

    /** The cells; dashes for what was not measured. */
    static List<String> of(Optional<Evaluation> evaluation) {
        Optional<SetFigures> anchors = evaluation.map(Evaluation::getAnchors);
        Optional<SetFigures> recent = evaluation.map(Evaluation::getRecent);
        return List.of(
                figure("%.4f", anchors.map(SetFigures::getLoss).orElse(null)),
                figure("%.4f", recent.map(SetFigures::getLoss).orElse(null)),
                figure("%.4f", anchors.map(SetFigures::getRunningLoss).orElse(null)),
                figure("%.1f", anchors.map(SetFigures::getEffectiveRank).orElse(null)),
                figure("%.3f", anchors.map(SetFigures::getDeadChannels).orElse(null)),
                figure("%.3f", anchors.map(SetFigures::getAlignment).orElse(null)));
    }
}

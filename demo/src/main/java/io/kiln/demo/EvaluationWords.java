package io.kiln.demo;

import static io.kiln.operations.report.Numbers.figure;

import io.kiln.operations.report.RunHistory;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.DriftFigures;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.SetFigures;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What evaluations tell, in words. */
final class EvaluationWords {
    private EvaluationWords() {}

    /** The main figures of one evaluation; why figures are missing, if any is. */
    static String of(Evaluation evaluation) {
        SetFigures anchors = evaluation.getAnchors();
        String problems = String.join("; ", evaluation.getProblems());
        return String.format(
                Locale.ROOT,
                "holdout loss %s on %d images, effective rank %s%s%s",
                figure("%.3f", anchors.getLoss()),
                anchors.getImages(),
                figure("%.1f", anchors.getEffectiveRank()),
                alarms(evaluation.getDrift()),
                problems.isEmpty() ? "" : "; " + problems);
    }

    private static String alarms(@Nullable DriftFigures drift) {
        if (drift == null || drift.getStatistics().isEmpty() && drift.getAlarms() == 0) {
            return ""; // too few images so far to say
        }
        return drift.getAlarms() == 0 ? ", no drift" : ", drift alarms: " + drift.getAlarms();
    }

    /**
     * The main figures of the last version, or why there are none.
     *
     * @param heldOut images that were held out
     */
    static String ofLast(RunHistory run, long heldOut) {
        if (run.events().isEmpty()) {
            return "no version to evaluate";
        }
        CheckpointEvent last = run.events().get(run.events().size() - 1);
        Evaluation evaluation = run.evaluations().get(last.getVersion());
        if (evaluation != null) {
            return "v" + last.getVersion() + ": " + of(evaluation);
        }
        return "none of v"
                + last.getVersion()
                + (heldOut == 0 ? ": no image was held out" : ": it has not ended yet");
    }
}

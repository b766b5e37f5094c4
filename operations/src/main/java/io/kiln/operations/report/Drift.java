package io.kiln.operations.report;

import io.kiln.schemas.DriftAlarm;
import io.kiln.schemas.DriftFigures;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.StatisticFigures;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What evaluations tell of changes of the images. */
final class Drift {
    private Drift() {}

    /** Largest distance of a statistic from its reference, 0 to 1; null if there is none. */
    static @Nullable Double distance(Evaluation evaluation) {
        DriftFigures drift = evaluation.getDrift();
        if (drift == null || drift.getStatistics().isEmpty()) {
            return null;
        }
        return drift.getStatistics().stream()
                .mapToDouble(StatisticFigures::getDistance)
                .max()
                .orElseThrow();
    }

    /** A line for each alarm, at the version whose evaluation tells of it. */
    static List<Mark> alarms(List<Evaluation> evaluations) {
        List<Mark> marks = new ArrayList<>();
        for (Evaluation evaluation : evaluations) {
            if (evaluation.getDrift() != null) {
                for (DriftAlarm alarm : evaluation.getDrift().getRaised()) {
                    marks.add(mark(evaluation, alarm));
                }
            }
        }
        return marks;
    }

    private static Mark mark(Evaluation evaluation, DriftAlarm alarm) {
        String about =
                String.format(
                        Locale.ROOT,
                        "before v%d, at held-out image %d: %s was %.4g and is %.4g",
                        evaluation.getVersion(),
                        alarm.getImage(),
                        alarm.getStatistic(),
                        alarm.getBefore(),
                        alarm.getNow());
        return new Mark(evaluation.getStep(), "", about, "interruption");
    }
}

package io.kiln.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.operations.checkpoints.RunName;
import io.kiln.operations.report.RunHistory;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.SetFigures;
import io.kiln.schemas.TestRecords;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluationWordsTest {
    private static Evaluation evaluation(long version, SetFigures figures, String... problems) {
        return Evaluation.newBuilder()
                .setRunId("run")
                .setModel("demo")
                .setVersion(version)
                .setStep(50 * version)
                .setSamplesSeen(1600 * version)
                .setFeatureSize(512)
                .setAnchors(figures)
                .setRecent(figures)
                .setSkippedVersions(List.of())
                .setProblems(List.of(problems))
                .setEras(List.of())
                .build();
    }

    private static RunHistory run(Map<Long, Evaluation> evaluations) {
        return new RunHistory(
                new RunName("demo", "run"),
                List.of(),
                List.of(TestRecords.event("demo", "run", 4, 200).build()),
                List.of(),
                evaluations,
                Map.of(),
                List.of());
    }

    @Test
    void missingFiguresAreDashesAndSaidWhy() {
        SetFigures without = new SetFigures(64, "ab", null, null, null, null, null, null);
        assertThat(EvaluationWords.of(evaluation(1, without, "no holdout loss: gone")))
                .isEqualTo("holdout loss – on 64 images, effective rank –; no holdout loss: gone");
    }

    @Test
    void theLastVersionIsToldOfOrWhyItHasNone() {
        SetFigures figures = new SetFigures(64, "ab", 0.6543, 14.25, 0.9, 0.0, null, null);
        assertThat(EvaluationWords.ofLast(run(Map.of(4L, evaluation(4, figures))), 300))
                .isEqualTo("v4: holdout loss 0.654 on 64 images, effective rank 14.3");
        assertThat(EvaluationWords.ofLast(run(Map.of(3L, evaluation(3, figures))), 300))
                .isEqualTo("none of v4: it has not ended yet");
        assertThat(EvaluationWords.ofLast(run(Map.of()), 0))
                .isEqualTo("none of v4: no image was held out");
    }
}

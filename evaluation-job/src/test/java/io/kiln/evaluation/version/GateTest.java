package io.kiln.evaluation.version;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.GateDecision;
import io.kiln.schemas.ProbeFigures;
import io.kiln.schemas.SetFigures;
import io.kiln.schemas.TestRecords;
import java.util.List;
import org.junit.jupiter.api.Test;

class GateTest {
    private static final KilnConfig CONFIG =
            KilnConfig.parse(
                    "",
                    List.of(
                            "evaluation.probe=/probe",
                            "evaluation.margins.loss=0.1",
                            "evaluation.margins.rank=0.25",
                            "evaluation.margins.probe=0.05"));

    private static Measured measured(
            long version, Double loss, Double rank, Double probe, double dead) {
        return measured(version, loss, rank, probe, 0.02, dead);
    }

    private static Measured measured(
            long version, Double loss, Double rank, Double probe, double spread, double dead) {
        SetFigures figures = new SetFigures(24, "ab", loss, rank, 0.5, dead, null, null);
        return new Measured(
                TestRecords.event("tiny", "run-1", version, version).build(),
                null,
                figures,
                figures,
                32,
                new double[0][],
                probe == null
                        ? null
                        : new ProbeFigures(
                                20, 2, "cd", 5, 0.5, 0.6, 0.02, probe, spread, List.of()),
                null,
                List.of(),
                List.of());
    }

    private static final Measured BEFORE = measured(3, 0.5, 20.0, 0.8, 0);

    private static List<String> reasons(Measured now) {
        GateDecision decision = Gate.decide(CONFIG, now, BEFORE);
        assertThat(decision.getVersion()).isEqualTo(3);
        assertThat(decision.getLoss()).isEqualTo(0.5);
        assertThat(decision.getPassed()).isEqualTo(decision.getReasons().isEmpty());
        return decision.getReasons();
    }

    @Test
    void whatIsWithinTheMarginsPasses() {
        assertThat(reasons(measured(4, 0.5, 20.0, 0.8, 0))).isEmpty();
        assertThat(reasons(measured(4, 0.549, 15.1, 0.751, 0))).isEmpty();
        assertThat(reasons(measured(4, 0.1, 30.0, 1.0, 0.5))).isEmpty();
    }

    @Test
    void eachFigureThatIsWorseIsNamedWithItsBound() {
        assertThat(reasons(measured(4, 0.56, 20.0, 0.8, 0)))
                .singleElement()
                .asString()
                .contains("holdout loss 0.5600 exceeds 0.5500", "version 3 of run run-1");
        assertThat(reasons(measured(4, 0.5, 14.9, 0.8, 0)))
                .singleElement()
                .asString()
                .contains("effective rank 14.9000 is below 15.0000");
        assertThat(reasons(measured(4, 0.5, 20.0, 0.74, 0)))
                .singleElement()
                .asString()
                .contains("accuracy in the probe 0.7400 is below 0.7500");
    }

    @Test
    void whatAProbeCannotTellApartPasses() {
        Measured uncertain =
                measured(3, 0.5, 20.0, 0.8, 0.2, 0); // standard error 0.2 / √5 = 0.0894
        assertThat(Gate.decide(CONFIG, measured(4, 0.5, 20.0, 0.711, 0), uncertain).getReasons())
                .isEmpty();
        assertThat(Gate.decide(CONFIG, measured(4, 0.5, 20.0, 0.71, 0), uncertain).getReasons())
                .singleElement()
                .asString()
                .contains("accuracy in the probe 0.7100 is below 0.7106");
    }

    @Test
    void missingFiguresDoNotPass() {
        assertThat(reasons(measured(4, null, null, null, 0)))
                .containsExactly(
                        "it has no holdout loss",
                        "it has no effective rank",
                        "it has no accuracy in the probe");
        Measured incomplete = measured(3, null, 20.0, 0.8, 0);
        assertThat(Gate.decide(CONFIG, measured(4, 0.5, 20.0, 0.8, 0), incomplete).getReasons())
                .containsExactly("version 3 of run run-1 has no holdout loss");
    }

    /** As a run with another input has, on the same topic. */
    @Test
    void aVersionThatTakesOtherImagesIsLeftToPeople() {
        Measured other = measured(1, 0.1, 30.0, 0.9, 0);
        other.anchors().put("imagesId", "cd");
        GateDecision decision = Gate.decide(CONFIG, other, BEFORE);
        assertThat(decision.getPassed()).isFalse();
        assertThat(decision.getReasons())
                .singleElement()
                .asString()
                .contains(
                        "version 3 of run run-1, which takes other images",
                        "kiln checkpoints promote");
        assertThat(decision.getVersion()).isEqualTo(3);
        assertThat(decision.getLoss()).isNull();
        assertThat(decision.getEffectiveRank()).isNull();
        assertThat(decision.getProbe()).isEqualTo(0.8); // the same pictures
        assertThat(Gate.decide(CONFIG, other, null).getPassed()).isTrue();
        assertThat(Gate.decide(CONFIG, measured(2, 0.1, 30.0, 0.9, 0), other).getReasons())
                .singleElement()
                .asString()
                .contains("version 1 of run run-1, which takes other images");
    }

    @Test
    void theFirstVersionPassesUnlessItHasCollapsed() {
        GateDecision first = Gate.decide(CONFIG, measured(1, 0.9, 3.0, 0.5, 0), null);
        assertThat(first.getPassed()).isTrue();
        assertThat(first.getVersion()).isNull();
        assertThat(Gate.decide(CONFIG, measured(1, 0.9, 1.0, 0.5, 1), null).getReasons())
                .containsExactly("its features are the same for all anchors");
    }
}

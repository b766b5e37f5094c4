package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.model.torch.Precision;
import io.kiln.verification.golden.Comparison;
import io.kiln.verification.golden.Comparison.Limited;
import io.kiln.verification.golden.GoldenReport;
import java.util.List;
import org.junit.jupiter.api.Test;

class GoldenListingTest {
    private static final GoldenReport REPORT =
            new GoldenReport(
                    "case",
                    Precision.FP32,
                    List.of(
                            new Comparison("grads", "grads.a", 1e-7, 1e-7, 1e-6, Limited.RELATIVE),
                            new Comparison("grads", "grads.b", 2e-6, 2e-6, 1e-6, Limited.RELATIVE),
                            new Comparison("grads", "grads.c", 3e-6, 3e-6, 1e-6, Limited.RELATIVE),
                            new Comparison("loss", "loss", 0, Double.NaN, 1e-6, Limited.RELATIVE)));

    @Test
    void theWorstOfEachGroupAndAllThatFailAreShown() {
        String text = GoldenListing.text(REPORT, false);
        assertThat(text)
                .startsWith("case in fp32: 3 of 4 tensors exceed their tolerance")
                .contains("grads.c", "grads.b", "loss")
                .doesNotContain("grads.a");
    }

    @Test
    void everyTensorIsShownOnRequest() {
        assertThat(GoldenListing.text(REPORT, true))
                .contains("grads.a", "grads.b", "grads.c", "loss");
    }

    @Test
    void aMissingCaseIsAFailedRunThatNamesTheFolder() {
        Cli run = Cli.run("golden", "no-such-case");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("no-such-case").contains("case.json");
    }
}

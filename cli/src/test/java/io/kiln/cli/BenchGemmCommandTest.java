package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.model.torch.Gemm;
import io.kiln.operations.console.Json;
import java.io.IOException;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class BenchGemmCommandTest {
    @Test
    void tellsBothRatesOfEachProductAndWhatTheRuleTakes() throws IOException {
        Cli run = Cli.run("bench", "gemm", "--threads", "1", "--rounds", "1");
        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode figures =
                Json.MAPPER.readTree(
                        run.out().lines().reduce((before, last) -> last).orElseThrow());
        String rule = Gemm.ofThisProcessor().name().toLowerCase(Locale.ROOT);
        assertThat(figures.get("auto").asText()).isEqualTo(rule);
        assertThat(figures.get("products")).hasSizeGreaterThan(10);
        for (JsonNode product : figures.get("products")) {
            assertThat(product.get("mklGflopPerSecond").asDouble()).isPositive();
            assertThat(product.get("onednnGflopPerSecond").asDouble()).isPositive();
        }
        JsonNode large = figures.get("products").get(0);
        assertThat(large.get("rows").asInt()).isEqualTo(2048);
        assertThat(large.get("auto").asText()).isEqualTo(rule);
        assertThat(run.out()).contains("2048 × 2048 × 2048", "batch gradient");
    }

    @Test
    void noRoundsAreWrongUse() {
        Cli run = Cli.run("bench", "gemm", "--rounds", "0");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--rounds 0 is not allowed; expected 1 to 10000");
    }
}

package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.operations.console.Json;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class BenchRoundCommandTest {
    @Test
    void partsOfARoundGiveItsRateAndWhatANetworkWouldCost() throws IOException {
        Cli run =
                Cli.run(
                        "bench",
                        "round",
                        "--arch",
                        "resnet18",
                        "--size",
                        "64",
                        "--batch",
                        "2",
                        "--decoder-width",
                        "32",
                        "--steps",
                        "1",
                        "--rounds",
                        "1");
        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode figures =
                Json.MAPPER.readTree(
                        run.out().lines().reduce((before, last) -> last).orElseThrow());
        JsonNode seconds = figures.get("seconds");
        double round =
                seconds.get("steps").asDouble()
                        + seconds.get("writing").asDouble()
                        + seconds.get("waiting").asDouble()
                        + seconds.get("reading").asDouble();
        double rate = figures.get("imagesPerSecond").asDouble();
        assertThat(rate).isCloseTo(2 * 2 / round, within(1e-6));
        assertThat(figures.get("speedUp").asDouble())
                .isCloseTo(rate / figures.get("imagesPerSecondAlone").asDouble(), within(1e-9));
        // ResNet-18 has 11.2 million parameters of 4 bytes, besides the decoder.
        assertThat(figures.get("changeBytes").asLong()).isBetween(44_000_000L, 50_000_000L);
        JsonNode slow = figures.get("calculated").get(0);
        JsonNode fast = figures.get("calculated").get(1);
        double bits = 8.0 * 3 * figures.get("changeBytes").asLong();
        assertThat(slow.get("exchangeSeconds").asDouble() - fast.get("exchangeSeconds").asDouble())
                .isCloseTo(bits / 1e9 - bits / 10e9, within(1e-6));
        assertThat(run.out()).contains("waiting for others", "STEPS FOR 5 %");
    }

    @Test
    void oneTrainerHasNoRounds() {
        Cli run = Cli.run("bench", "round", "--trainers", "1");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("trainers 1 is not allowed; expected 2 to 64");
    }
}

package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.kiln.operations.console.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchStepCommandTest {
    private static final List<String> PHASES =
            List.of("index", "encoder", "densify", "decoder", "loss", "backward", "optimiser");

    private static Cli step(String... more) {
        List<String> arguments =
                new ArrayList<>(List.of("bench", "step", "--arch", "resnet18", "--size", "64"));
        arguments.addAll(List.of("--batch", "2", "--decoder-width", "32", "--threads", "1"));
        arguments.addAll(List.of(more));
        return Cli.run(arguments.toArray(String[]::new));
    }

    @Test
    void theLastLineIsOneObjectWhosePhasesAreTheWholeStep() throws IOException {
        Cli run = step("--steps", "1", "--warm-up", "1");
        assertThat(run.exitCode()).as(run.err()).isZero();
        List<String> lines = run.out().lines().toList();
        JsonNode figures = Json.MAPPER.readTree(lines.get(lines.size() - 1));
        for (String clock : List.of("seconds", "cpuSeconds")) {
            double sum =
                    PHASES.stream()
                            .mapToDouble(
                                    phase ->
                                            figures.at("/phases/" + phase + "/" + clock).asDouble())
                            .sum();
            String whole = clock.equals("seconds") ? "secondsPerStep" : "cpuSecondsPerStep";
            assertThat(sum).isCloseTo(figures.get(whole).asDouble(), within(1e-6));
        }
        double seconds = figures.get("secondsPerStep").asDouble();
        assertThat(figures.get("imagesPerSecond").asDouble()).isCloseTo(2 / seconds, within(1e-6));
        assertThat(figures.get("gemmShare").asDouble())
                .isCloseTo(
                        figures.get("gflop").asDouble()
                                / seconds
                                / figures.get("gemmGflopPerSecond").asDouble(),
                        within(1e-9));
        assertThat(figures.get("threads").asInt()).isEqualTo(1);
        assertThat(figures.get("peakMiB").asLong()).isBetween(50L, 100_000L);
        assertThat(run.out()).contains("decoder backward", "images/s on 1 threads");
    }

    @Test
    void countsMoreOperationsWhereMoreIsVisible() throws IOException {
        assertThat(gflop("0.25")).isGreaterThan(gflop("0.75"));
    }

    @Test
    void maskedDenseComputesTheSameLossWithMoreOperations() throws IOException {
        JsonNode sparse = figures();
        JsonNode masked = figures("--masked-dense");
        assertThat(masked.get("loss").asDouble())
                .isCloseTo(sparse.get("loss").asDouble(), within(1e-4));
        assertThat(masked.get("gflop").asDouble()).isGreaterThan(sparse.get("gflop").asDouble());
        assertThat(masked.get("kernels").asText()).isEqualTo("masked_dense");
    }

    @Test
    void precisionAndDecoderAreThoseAskedFor() throws IOException {
        JsonNode block = figures("--decoder", "block");
        JsonNode mixed = figures("--decoder", "block", "--precision", "bf16");
        assertThat(mixed.get("precision").asText()).isEqualTo("bf16");
        assertThat(mixed.get("decoder").asText()).isEqualTo("block");
        assertThat(mixed.get("loss").asDouble())
                .isNotEqualTo(block.get("loss").asDouble())
                .isCloseTo(block.get("loss").asDouble(), within(0.05));
        Cli refused = step("--masked-dense", "--precision", "bf16");
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err()).contains("masked-dense is not allowed in bf16");
    }

    private static JsonNode figures(String... more) throws IOException {
        List<String> options = new ArrayList<>(List.of("--steps", "1", "--warm-up", "0", "--json"));
        options.addAll(List.of(more));
        return Json.MAPPER.readTree(step(options.toArray(String[]::new)).out());
    }

    private static double gflop(String maskRatio) throws IOException {
        Cli run = step("--steps", "1", "--warm-up", "0", "--json", "--mask-ratio", maskRatio);
        assertThat(run.out().lines()).hasSize(1);
        return Json.MAPPER.readTree(run.out()).get("gflop").asDouble();
    }

    @Test
    void aMaskThatHidesNothingIsWrongUse() {
        Cli run = step("--mask-ratio", "0.1");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("mask ratio 0.1 keeps 4 of 4 patches");
    }
}

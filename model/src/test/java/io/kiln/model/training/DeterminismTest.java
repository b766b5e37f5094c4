package io.kiln.model.training;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.model.network.Family;
import io.kiln.model.torch.EngineThread;
import io.kiln.model.training.BitsOfTraining.Way;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The same batches give the same bits: on the thread that loaded the engine and on every other, in
 * this process and in a new one, alone and after other networks.
 */
class DeterminismTest {
    private static final int NETWORKS = 2 * Family.values().length;

    /**
     * What the engine's libraries are told of the processor. Where threads once computed different
     * bits, an Intel Xeon with AVX-512 showed it under each of these for ConvNeXt, and under the
     * last for ResNets too; an AMD EPYC showed it for ResNets by itself.
     */
    enum Processor {
        AS_IT_IS(Map.of()),
        WITHOUT_AVX512(
                Map.of(
                        "ATEN_CPU_CAPABILITY", "avx2",
                        "MKL_ENABLE_INSTRUCTIONS", "AVX2",
                        "ONEDNN_MAX_CPU_ISA", "AVX2")),
        OF_ANY_MAKER(Map.of("ATEN_CPU_CAPABILITY", "default", "MKL_CBWR", "COMPATIBLE"));

        private final Map<String, String> environment;

        Processor(Map<String, String> environment) {
            this.environment = environment;
        }
    }

    @TempDir Path folder;

    @ParameterizedTest
    @EnumSource(Processor.class)
    void bitsAreTheSameOnEveryThread(Processor processor) throws Exception {
        List<String> lines = new ArrayList<>();
        lines.addAll(child(processor, Way.CALLERS_THREAD, Way.OTHER_THREAD, Way.WITH_OTHER_CALLS));
        lines.addAll(child(processor, Way.THREAD_A_CALL, Way.IN_TURN));
        assertThat(lines).hasSize(5 * NETWORKS);
        assertThatEachNetworkHasOneResult(lines);
    }

    /** Whatever ran here before, on however many threads. */
    @Test
    void bitsAreTheSameInAnotherProcess() throws Exception {
        List<String> lines = new ArrayList<>(child(Processor.AS_IT_IS, Way.OTHER_THREAD));
        int before = EngineThread.spreadOver(1);
        try {
            lines.addAll(BitsOfTraining.of(Way.CALLERS_THREAD));
            lines.addAll(BitsOfTraining.of(Way.THREAD_A_CALL));
        } finally {
            EngineThread.spreadOver(before);
        }
        assertThat(lines).hasSize(3 * NETWORKS);
        assertThatEachNetworkHasOneResult(lines);
    }

    private static void assertThatEachNetworkHasOneResult(List<String> lines) {
        Map<String, List<String>> results =
                lines.stream()
                        .map(line -> line.split(" "))
                        .collect(
                                groupingBy(
                                        parts -> parts[0] + " " + parts[1],
                                        mapping(parts -> parts[3], toList())));
        assertThat(results).hasSize(NETWORKS);
        assertThat(results)
                .allSatisfy(
                        (network, bits) ->
                                assertThat(bits)
                                        .as("%s, of %s", network, lines)
                                        .containsOnly(bits.get(0)));
    }

    private List<String> child(Processor processor, Way... ways) throws Exception {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx512m",
                                "-Dai.djl.offline=true",
                                "-cp",
                                System.getProperty("java.class.path"),
                                BitsOfTraining.class.getName()));
        Stream.of(ways).map(Way::name).forEach(command::add);
        return output(new ProcessBuilder(command), processor);
    }

    private List<String> output(ProcessBuilder builder, Processor processor)
            throws IOException, InterruptedException {
        builder.environment().put("OMP_NUM_THREADS", "1");
        builder.environment().put("OMP_WAIT_POLICY", "PASSIVE"); // leaves the cores to others
        builder.environment().putAll(processor.environment);
        Path errors = folder.resolve("errors");
        builder.redirectError(errors.toFile());
        Process process = builder.start();
        try {
            String output =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
            assertThat(process.exitValue()).as("%s", Files.readString(errors)).isZero();
            return output.lines().filter(line -> line.matches("[A-Z0-9_]+ [A-Z0-9]+ .*")).toList();
        } finally {
            process.destroyForcibly();
        }
    }
}

package io.kiln.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.model.network.PublishedArchitectures;
import io.kiln.schemas.CheckpointEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Swaps of a published network under load, with times and memory. Prints what docs/how-to tell;
 * asserts only what holds on any machine. Runs with -Dkiln.soak=resnet50 -Dkiln.swaps=50.
 */
@EnabledIfSystemProperty(named = "kiln.soak", matches = ".+")
class SwapSoakTest {
    private static final String NETWORK = System.getProperty("kiln.soak", "");
    private static final int SWAPS = Integer.getInteger("kiln.swaps", 50);
    private static final int CLIENTS = 2;
    private static final long STEADY_SECONDS = 20;

    @TempDir Path folder;

    private final AtomicBoolean ended = new AtomicBoolean();

    /** Milliseconds of each call of one client; versions may only grow. */
    private List<Double> embed(EncoderSlot slot, List<byte[]> images) {
        List<Double> millis = new ArrayList<>();
        long version = 0;
        while (!ended.get()) {
            long begin = System.nanoTime();
            Embeddings found = slot.call(encoder -> encoder.embed(images));
            millis.add((System.nanoTime() - begin) / 1e6);
            assertThat(found.version()).isGreaterThanOrEqualTo(version);
            version = found.version();
        }
        return millis;
    }

    /** Runs a load beside an action, and returns the times of its calls in order of size. */
    private double[] load(EncoderSlot slot, Action action) throws Exception {
        List<byte[]> images = List.of(TestEncoders.png(64, 64, 1));
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        ended.set(false);
        try {
            List<Future<List<Double>>> calls = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                calls.add(clients.submit(() -> embed(slot, images)));
            }
            action.run();
            ended.set(true);
            List<Double> all = new ArrayList<>();
            for (Future<List<Double>> call : calls) {
                all.addAll(call.get());
            }
            return all.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        } finally {
            ended.set(true);
            clients.shutdownNow();
        }
    }

    private interface Action {
        void run() throws Exception;
    }

    @Test
    void swapsOfAPublishedNetwork() throws Exception {
        CheckpointEvent written =
                TestEncoders.write(folder, PublishedArchitectures.named(NETWORK, 64, 3), "net", 1);
        Path file = folder.resolve("net-1.pt");
        double[] resident = new double[SWAPS];
        try (EncoderSlot slot = new EncoderSlot()) {
            slot.swap(Encoder.open(written, file));
            load(slot, () -> TimeUnit.SECONDS.sleep(STEADY_SECONDS / 4)); // warm-up
            double[] steady = load(slot, () -> TimeUnit.SECONDS.sleep(STEADY_SECONDS));
            double[] swapping =
                    load(
                            slot,
                            () -> {
                                for (int i = 0; i < SWAPS; i++) {
                                    slot.swap(Encoder.open(version(written, i + 2), file));
                                    resident[i] = residentMegabytes();
                                }
                            });
            System.out.printf(
                    Locale.ROOT,
                    "%d swaps of %s: %d requests without a swap, %d beside swaps, 0 failed%n"
                            + "p50 %.1f ms, p99 %.1f ms without; p50 %.1f ms, p99 %.1f ms beside%n"
                            + "p99 ratio %.2f; resident %.0f MB after 10 swaps, %.0f MB at the end,"
                            + " slope %.2f MB a swap over the second half%n",
                    SWAPS,
                    NETWORK,
                    steady.length,
                    swapping.length,
                    quantile(steady, 0.5),
                    quantile(steady, 0.99),
                    quantile(swapping, 0.5),
                    quantile(swapping, 0.99),
                    quantile(swapping, 0.99) / quantile(steady, 0.99),
                    resident[Math.min(9, SWAPS - 1)],
                    resident[SWAPS - 1],
                    slope(Arrays.copyOfRange(resident, SWAPS / 2, SWAPS)));
            assertThat(swapping).isNotEmpty();
        }
    }

    private static CheckpointEvent version(CheckpointEvent event, long version) {
        return CheckpointEvent.newBuilder(event).setVersion(version).build();
    }

    private static double quantile(double[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    }

    /** Of the line with the least squares. */
    private static double slope(double[] values) {
        double middle = (values.length - 1) / 2.0;
        double mean = Arrays.stream(values).average().orElse(0);
        double product = 0;
        double squares = 0;
        for (int i = 0; i < values.length; i++) {
            product += (i - middle) * (values[i] - mean);
            squares += (i - middle) * (i - middle);
        }
        return squares == 0 ? 0 : product / squares;
    }

    private static double residentMegabytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
                .findFirst()
                .orElseThrow();
    }
}

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
 * Swaps under load, with times and memory. Prints what docs/how-to tell; asserts only what holds on
 * any machine. Runs with -Dkiln.soak=tiny or a published network's name, -Dkiln.swaps=50,
 * -Dkiln.clients=2, -Dkiln.rest=0 (milliseconds between requests of a client) and -Dkiln.pause=0
 * (milliseconds between swaps).
 */
@EnabledIfSystemProperty(named = "kiln.soak", matches = ".+")
class SwapSoakTest {
    private static final String NETWORK = System.getProperty("kiln.soak", "");
    private static final int SWAPS = Integer.getInteger("kiln.swaps", 50);
    private static final int CLIENTS = Integer.getInteger("kiln.clients", 2);
    private static final long REST_MILLIS = Long.getLong("kiln.rest", 0);
    private static final long PAUSE_MILLIS = Long.getLong("kiln.pause", 0);
    private static final long STEADY_SECONDS = Long.getLong("kiln.steady", 20);

    @TempDir Path folder;

    private final AtomicBoolean ended = new AtomicBoolean();

    /** A call's end, in seconds after the load began, and its milliseconds. */
    private record Call(double at, double millis) {}

    private interface Action {
        void run() throws Exception;
    }

    /** Calls of one client; versions may only grow. */
    private List<Call> embed(EncoderSlot slot, List<byte[]> images) throws InterruptedException {
        List<Call> calls = new ArrayList<>();
        long start = System.nanoTime();
        long version = 0;
        while (!ended.get()) {
            long begin = System.nanoTime();
            Embeddings found = slot.call(encoder -> encoder.embed(images));
            long end = System.nanoTime();
            calls.add(new Call((end - start) / 1e9, (end - begin) / 1e6));
            assertThat(found.version()).isGreaterThanOrEqualTo(version);
            version = found.version();
            TimeUnit.MILLISECONDS.sleep(REST_MILLIS);
        }
        return calls;
    }

    /** Runs a load beside an action, and returns its calls. */
    private List<Call> load(EncoderSlot slot, Action action) throws Exception {
        List<byte[]> images = List.of(TestEncoders.png(64, 64, 1));
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        ended.set(false);
        try {
            List<Future<List<Call>>> calls = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                calls.add(clients.submit(() -> embed(slot, images)));
            }
            action.run();
            ended.set(true);
            List<Call> all = new ArrayList<>();
            for (Future<List<Call>> call : calls) {
                all.addAll(call.get());
            }
            return all;
        } finally {
            ended.set(true);
            clients.shutdownNow();
        }
    }

    private CheckpointEvent write() throws IOException {
        return NETWORK.equals("tiny")
                ? TestEncoders.write(folder, "net", 1)
                : TestEncoders.write(
                        folder, PublishedArchitectures.named(NETWORK, 64, 3), "net", 1);
    }

    @Test
    void swapsUnderLoad() throws Exception {
        CheckpointEvent written = write();
        Path file = folder.resolve("net-1.pt");
        double[] resident = new double[SWAPS];
        try (EncoderSlot slot = new EncoderSlot()) {
            slot.swap(Encoder.open(written, file));
            load(slot, () -> TimeUnit.SECONDS.sleep(STEADY_SECONDS / 2)); // warm-up
            List<Call> steady = load(slot, () -> TimeUnit.SECONDS.sleep(STEADY_SECONDS));
            List<Call> beside =
                    load(
                            slot,
                            () -> {
                                for (int i = 0; i < SWAPS; i++) {
                                    slot.swap(Encoder.open(version(written, i + 2), file));
                                    resident[i] = residentMegabytes();
                                    TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
                                }
                            });
            print("without a swap", steady);
            print("beside swaps", beside);
            double[] late = Arrays.copyOfRange(resident, SWAPS / 2, SWAPS);
            System.out.printf(
                    Locale.ROOT,
                    "%d swaps of %s: p99 ratio %.2f; resident %.0f MB after a tenth, %.0f MB after"
                            + " half, %.0f MB at the end, slope %.4f MB a swap over the second"
                            + " half%n",
                    SWAPS,
                    NETWORK,
                    quantile(beside, 0.99) / quantile(steady, 0.99),
                    resident[SWAPS / 10],
                    resident[SWAPS / 2],
                    resident[SWAPS - 1],
                    slope(line(late.length), late));
            assertThat(beside).isNotEmpty();
        }
    }

    private static void print(String what, List<Call> calls) {
        double[] at = calls.stream().mapToDouble(Call::at).toArray();
        double[] millis = calls.stream().mapToDouble(Call::millis).toArray();
        System.out.printf(
                Locale.ROOT,
                "%s: %d requests, 0 failed, p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, longest %.1f"
                        + " ms, slope %.5f ms a second over %.0f s%n",
                what,
                calls.size(),
                quantile(calls, 0.5),
                quantile(calls, 0.99),
                quantile(calls, 0.999),
                quantile(calls, 1),
                slope(at, millis),
                Arrays.stream(at).max().orElse(0));
    }

    private static CheckpointEvent version(CheckpointEvent event, long version) {
        return CheckpointEvent.newBuilder(event).setVersion(version).build();
    }

    private static double quantile(List<Call> calls, double share) {
        double[] sorted = calls.stream().mapToDouble(Call::millis).sorted().toArray();
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    }

    private static double[] line(int length) {
        double[] line = new double[length];
        Arrays.setAll(line, i -> i);
        return line;
    }

    /** Of the line with the least squares. */
    private static double slope(double[] x, double[] y) {
        double middle = Arrays.stream(x).average().orElse(0);
        double mean = Arrays.stream(y).average().orElse(0);
        double product = 0;
        double squares = 0;
        for (int i = 0; i < x.length; i++) {
            product += (x[i] - middle) * (y[i] - mean);
            squares += (x[i] - middle) * (x[i] - middle);
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

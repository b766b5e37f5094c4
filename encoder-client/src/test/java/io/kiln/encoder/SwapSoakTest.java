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
 * Swaps under load, with times and memory. Windows without swaps and with them take turns, so that
 * both see the same machine. Prints what docs/how-to tell; asserts only what holds on any machine.
 * Runs with -Dkiln.soak=tiny or a published network's name, -Dkiln.swaps=50, -Dkiln.clients=2, and
 * -Dkiln.pause=0 (milliseconds between swaps).
 */
@EnabledIfSystemProperty(named = "kiln.soak", matches = ".+")
class SwapSoakTest {
    private static final String NETWORK = System.getProperty("kiln.soak", "");
    private static final int SWAPS = Integer.getInteger("kiln.swaps", 50);
    private static final long PAUSE_MILLIS = Long.getLong("kiln.pause", 0);
    private static final int CLIENTS = Integer.getInteger("kiln.clients", 2);
    private static final int WINDOWS = 10;
    private static final long STEADY_SECONDS = 5;
    private static final int WARM_UP = 2; // windows that do not count

    @TempDir Path folder;

    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile int window = -WARM_UP; // without swaps before those with the same number
    private volatile boolean swapping;

    /** A call, the window it began in, and its milliseconds. */
    private record Call(int window, boolean beside, double millis) {}

    /** Calls of one client; versions may only grow. */
    private List<Call> embed(EncoderSlot slot, List<byte[]> images) {
        List<Call> calls = new ArrayList<>();
        long version = 0;
        while (!ended.get()) {
            int at = window;
            boolean beside = swapping;
            long begin = System.nanoTime();
            Embeddings found = slot.call(encoder -> encoder.embed(images));
            calls.add(new Call(at, beside, (System.nanoTime() - begin) / 1e6));
            assertThat(found.version()).isGreaterThanOrEqualTo(version);
            version = found.version();
        }
        return calls;
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
        List<byte[]> images = List.of(TestEncoders.png(64, 64, 1));
        List<Double> resident = new ArrayList<>();
        List<Call> all = new ArrayList<>();
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        ExecutorService loader =
                Executors.newSingleThreadExecutor(work -> Background.thread(work, "loader"));
        try (EncoderSlot slot = new EncoderSlot()) {
            slot.swap(open(written, 1));
            List<Future<List<Call>>> calls = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                calls.add(clients.submit(() -> embed(slot, images)));
            }
            for (; window < WINDOWS; window++) {
                TimeUnit.SECONDS.sleep(STEADY_SECONDS);
                swapping = true;
                for (int i = 0; window >= 0 && i < SWAPS / WINDOWS; i++) {
                    long version = resident.size() + 2;
                    loader.submit(() -> slot.swap(open(written, version))).get();
                    resident.add(residentMegabytes());
                    TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
                }
                swapping = false;
            }
            ended.set(true);
            for (Future<List<Call>> call : calls) {
                all.addAll(call.get());
            }
        } finally {
            ended.set(true);
            clients.shutdownNow();
            loader.shutdownNow();
        }
        all.removeIf(call -> call.window() < 0 || call.window() == WINDOWS);
        print(all, resident);
        assertThat(resident).hasSize(SWAPS / WINDOWS * WINDOWS);
        assertThat(all).anyMatch(Call::beside);
    }

    private Encoder open(CheckpointEvent written, long version) {
        CheckpointEvent event = CheckpointEvent.newBuilder(written).setVersion(version).build();
        return Encoder.open(event, folder.resolve("net-1.pt"));
    }

    private static void print(List<Call> all, List<Double> resident) {
        for (boolean beside : new boolean[] {false, true}) {
            double[] middles = new double[WINDOWS];
            Arrays.setAll(middles, i -> quantile(all, beside, i, 0.5));
            System.out.printf(
                    Locale.ROOT,
                    "%s swaps: %d requests, 0 failed, p50 %.2f ms, p99 %.2f ms, p50 by window %s,"
                            + " slope %.3f ms a window%n",
                    beside ? "beside" : "without",
                    all.stream().filter(call -> call.beside() == beside).count(),
                    quantile(all, beside, -1, 0.5),
                    quantile(all, beside, -1, 0.99),
                    Arrays.stream(middles).mapToObj("%.2f"::formatted).toList(),
                    slope(middles));
        }
        double[] late =
                resident.subList(resident.size() / 2, resident.size()).stream()
                        .mapToDouble(Double::doubleValue)
                        .toArray();
        System.out.printf(
                Locale.ROOT,
                "%d swaps of %s: p99 ratio %.2f; resident %.0f MB after a tenth, %.0f MB after"
                        + " half, %.0f MB at the end, slope %.4f MB a swap over the second half%n",
                resident.size(),
                NETWORK,
                quantile(all, true, -1, 0.99) / quantile(all, false, -1, 0.99),
                resident.get(resident.size() / 10),
                resident.get(resident.size() / 2),
                resident.get(resident.size() - 1),
                slope(late));
    }

    /** Of the calls of one window; -1: of all. */
    private static double quantile(List<Call> calls, boolean beside, int window, double share) {
        double[] sorted =
                calls.stream()
                        .filter(call -> call.beside() == beside)
                        .filter(call -> window < 0 || call.window() == window)
                        .mapToDouble(Call::millis)
                        .sorted()
                        .toArray();
        return sorted.length == 0
                ? 0
                : sorted[(int) Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
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

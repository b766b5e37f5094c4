package io.kiln.verification.bench;

import com.sun.management.OperatingSystemMXBean;
import io.kiln.config.KilnConfig;
import io.kiln.images.BadImageException;
import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.masking.sampling.MaskingPlan;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Times the masking job's whole work on the images of a folder: each thread takes the part of one
 * subtask and masks every image once a pass. The first passes warm up; of those measured the one
 * that took the least CPU time counts, because other programs can only add to it.
 */
public final class MaskingBench {
    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private final KilnConfig config;
    private final int threads;
    private final List<byte[]> records = new ArrayList<>();
    private int refused;

    /**
     * Reads the folder and all below it. Files that cannot be decoded are left out.
     *
     * @param threads that mask at the same time, at least 1
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if no image is there
     */
    public MaskingBench(KilnConfig config, Path folder, int threads) throws IOException {
        this.config = config;
        this.threads = threads;
        DecodeLimits limits =
                new DecodeLimits(
                        config.ingest().maxImageBytes().bytes(), config.masking().maxPixels());
        try (Stream<Path> below = Files.walk(folder);
                ImageDecoder decoder = decoder(config, limits)) {
            for (Path file : below.filter(Files::isRegularFile).sorted().toList()) {
                read(file, decoder);
            }
        }
        if (records.isEmpty()) {
            throw new IllegalArgumentException(
                    folder + " holds no image that can be decoded, of " + refused + " files");
        }
    }

    private static ImageDecoder decoder(KilnConfig config, DecodeLimits limits) {
        return new ImageDecoder(limits, config.input().channels(), MaskingPlan.of(config).scale());
    }

    private void read(Path file, ImageDecoder decoder) throws IOException {
        byte[] image = Files.readAllBytes(file);
        try {
            decoder.decode(image);
            records.add(MaskingWork.record(file.getFileName().toString(), image));
        } catch (BadImageException e) {
            refused++;
        }
    }

    /**
     * Measures.
     *
     * @param warmUp passes before those that are measured
     * @param passes that are measured, at least 1
     */
    public MaskingFigures run(int warmUp, int passes) throws InterruptedException {
        ExecutorService workers = Executors.newFixedThreadPool(threads);
        List<MaskingWork> work = new ArrayList<>();
        try {
            for (int i = 0; i < threads; i++) {
                work.add(new MaskingWork(config));
            }
            for (int i = 0; i < warmUp; i++) {
                pass(workers, work);
            }
            MaskingFigures best = pass(workers, work);
            for (int i = 1; i < passes; i++) {
                MaskingFigures next = pass(workers, work);
                best = next.cpuSecondsPerImage() < best.cpuSecondsPerImage() ? next : best;
            }
            return best;
        } finally {
            workers.shutdownNow();
            work.forEach(MaskingWork::close);
        }
    }

    private MaskingFigures pass(ExecutorService workers, List<MaskingWork> work)
            throws InterruptedException {
        Map<MaskingStage, Double> stages = new EnumMap<>(MaskingStage.class);
        double images = (double) records.size() * threads;
        double bytes = -bytes(work);
        for (MaskingStage stage : MaskingStage.values()) {
            stages.put(stage, -nanos(work, stage));
        }
        long cpu = SYSTEM.getProcessCpuTime();
        long start = System.nanoTime();
        everywhere(workers, work);
        double seconds = (System.nanoTime() - start) / 1e9;
        double cpuSeconds = (SYSTEM.getProcessCpuTime() - cpu) / 1e9;
        stages.replaceAll((stage, before) -> (before + nanos(work, stage)) / 1e9 / images);
        return new MaskingFigures(
                records.size(),
                refused,
                images / seconds,
                cpuSeconds / images,
                (bytes + bytes(work)) / images,
                stages);
    }

    private void everywhere(ExecutorService workers, List<MaskingWork> work)
            throws InterruptedException {
        List<Future<?>> running = new ArrayList<>();
        for (MaskingWork one : work) {
            running.add(
                    workers.submit(
                            () -> {
                                one.pass(records);
                                return one;
                            }));
        }
        for (Future<?> one : running) {
            try {
                one.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("an image was decoded once but not again", e);
            }
        }
    }

    private static double nanos(List<MaskingWork> work, MaskingStage stage) {
        return work.stream().mapToLong(one -> one.nanos(stage)).sum();
    }

    private static double bytes(List<MaskingWork> work) {
        return work.stream().mapToLong(MaskingWork::bytes).sum();
    }
}

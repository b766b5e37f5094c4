package io.kiln.verification.bench;

import io.kiln.model.torch.EngineThread;
import io.kiln.model.torch.Libtorch;
import io.kiln.model.training.RoundSettings;
import io.kiln.model.training.Trainer;
import io.kiln.model.training.TrainerRound;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Rounds of several trainers in one process, each trainer on a thread of its own, with changes as
 * files; in turn with one trainer alone on one thread. Neither Flink nor Kafka takes part.
 */
public final class RoundBench implements AutoCloseable {
    private final RoundBenchSettings settings;
    private final RandomBatches batches;
    private final Path folder;
    private final Trainer alone;
    private final List<Trainer> trainers = new ArrayList<>();
    private final List<TrainerRound> rounds = new ArrayList<>();
    private final ExecutorService threads;
    private final CyclicBarrier together;

    private RoundBench(RoundBenchSettings settings) throws IOException {
        this.settings = settings;
        StepBenchSettings step = settings.step();
        this.batches = new RandomBatches(step.geometry(), step.batch(), step.kept(), 1);
        this.folder = Files.createTempDirectory("kiln-rounds");
        this.threads = Executors.newFixedThreadPool(settings.trainers());
        this.together = new CyclicBarrier(settings.trainers());
        Libtorch.load();
        EngineThread.spreadOver(1);
        EngineThread.prepare();
        this.alone = new Trainer(step.trainer());
        for (int i = 0; i < settings.trainers(); i++) {
            Trainer trainer = new Trainer(step.trainer());
            trainers.add(trainer);
            rounds.add(
                    new TrainerRound(
                            trainer, RoundSettings.mean(settings.trainers(), settings.steps())));
        }
    }

    /**
     * Measures, after a round that warms up.
     *
     * @throws IOException if a change cannot be written or read
     */
    public static RoundFigures run(RoundBenchSettings settings)
            throws IOException, InterruptedException {
        try (RoundBench bench = new RoundBench(settings)) {
            bench.aloneForARound();
            bench.round();
            double seconds = 0;
            RoundFigures.Parts parts = new RoundFigures.Parts(0, 0, 0, 0);
            for (int i = 0; i < settings.rounds(); i++) {
                seconds += bench.aloneForARound();
                parts = parts.plus(bench.round());
            }
            return new RoundFigures(
                    settings,
                    seconds / settings.rounds() / settings.steps(),
                    parts.dividedBy(settings.rounds()),
                    Files.size(bench.file(0)));
        }
    }

    private double aloneForARound() {
        long start = System.nanoTime();
        steps(alone);
        return secondsSince(start);
    }

    private void steps(Trainer trainer) {
        for (int i = 0; i < settings.steps(); i++) {
            trainer.step(batches.of((int) trainer.step()));
        }
    }

    /** One round of all trainers; the mean over them. */
    private RoundFigures.Parts round() throws IOException, InterruptedException {
        List<Future<RoundFigures.Parts>> running = new ArrayList<>();
        for (int i = 0; i < settings.trainers(); i++) {
            int trainer = i;
            running.add(threads.submit(() -> round(trainer)));
        }
        RoundFigures.Parts sum = new RoundFigures.Parts(0, 0, 0, 0);
        for (Future<RoundFigures.Parts> one : running) {
            try {
                sum = sum.plus(one.get());
            } catch (ExecutionException e) {
                throw new IOException("a round failed: " + e.getCause(), e);
            }
        }
        return sum.dividedBy(settings.trainers());
    }

    private RoundFigures.Parts round(int trainer) throws Exception {
        together.await();
        long start = System.nanoTime();
        steps(trainers.get(trainer));
        double steps = secondsSince(start);
        long begun = System.nanoTime();
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file(trainer)))) {
            rounds.get(trainer).writeChange(out);
        }
        double writing = secondsSince(begun);
        begun = System.nanoTime();
        together.await();
        double waiting = secondsSince(begun);
        begun = System.nanoTime();
        finish(rounds.get(trainer));
        double reading = secondsSince(begun);
        begun = System.nanoTime();
        together.await();
        return new RoundFigures.Parts(steps, writing, waiting + secondsSince(begun), reading);
    }

    private void finish(TrainerRound round) throws IOException {
        List<InputStream> changes = new ArrayList<>();
        try {
            for (int i = 0; i < settings.trainers(); i++) {
                changes.add(new BufferedInputStream(Files.newInputStream(file(i)), 1 << 16));
            }
            TrainerRound.finish(List.of(round), changes);
        } finally {
            for (InputStream change : changes) {
                change.close();
            }
        }
    }

    private Path file(int trainer) {
        return folder.resolve("t" + trainer + ".safetensors");
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    @Override
    public void close() throws IOException {
        threads.shutdownNow();
        rounds.forEach(TrainerRound::close);
        trainers.forEach(Trainer::close);
        alone.close();
        for (int i = 0; i < settings.trainers(); i++) {
            Files.deleteIfExists(file(i));
        }
        Files.delete(folder);
    }
}

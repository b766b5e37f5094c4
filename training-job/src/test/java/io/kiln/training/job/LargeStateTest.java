package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.model.batch.MaskedBatch;
import io.kiln.model.training.Trainer;
import io.kiln.training.checkpoints.CheckpointPublisher;
import io.kiln.training.checkpoints.SeenByWeights;
import io.kiln.training.input.BatchDecoder;
import io.kiln.training.state.AsyncStateWriter;
import io.kiln.training.state.ModelSettings;
import io.kiln.training.state.OperatorState;
import io.kiln.training.state.RunProgress;
import io.kiln.training.state.StateSnapshot;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RunnableFuture;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.filesystem.FsCheckpointStreamFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the state of ResNet-50 with its optimiser costs. By hand, with less heap than the state has
 * bytes: -Dkiln.largeState=true -Dtest.jvm.args="-Xmx256m …".
 */
@EnabledIfSystemProperty(named = "kiln.largeState", matches = "true")
class LargeStateTest {
    private static final int TIMES = 5;

    @TempDir private Path folder;

    private final CloseableRegistry task = new CloseableRegistry();

    private KilnConfig config() {
        return TestBatches.config(
                folder.resolve("artifacts").toUri().toString(),
                "model.architecture=resnet50",
                "model.depths=[]",
                "model.widths=[]",
                "model.decoderWidth=768");
    }

    @Test
    void stateOfResNet50IsWrittenBesideTheNextStepsAndNeverLiesOnTheHeap() throws Exception {
        CheckpointStreamFactory streams =
                new FsCheckpointStreamFactory(
                        FileSystem.getLocalFileSystem(),
                        new org.apache.flink.core.fs.Path(folder.resolve("chk").toUri()),
                        new org.apache.flink.core.fs.Path(folder.resolve("shared").toUri()),
                        0,
                        4096);
        RunProgress progress = RunProgress.fresh(List.of(0));
        ExecutorService writer = Executors.newSingleThreadExecutor();
        try (Trainer trainer = new Trainer(ModelSettings.of(config()))) {
            MaskedBatch batch = BatchDecoder.toMaskedBatch(TestBatches.batch(0));
            List<Double> copy = new ArrayList<>();
            List<Double> write = new ArrayList<>();
            List<Double> alone = new ArrayList<>();
            List<Double> beside = new ArrayList<>();
            OperatorStateHandle handle = null;
            long bytes = 0;
            for (int i = 0; i < TIMES + 1; i++) {
                for (int step = 0; step < 3; step++) {
                    add(alone, i, () -> trainer.step(batch));
                }
                StateSnapshot[] state = new StateSnapshot[1];
                add(copy, i, () -> state[0] = OperatorState.snapshot(config(), progress, trainer));
                bytes = state[0].bytes();
                boolean counts = i > 0;
                RunnableFuture<SnapshotResult<OperatorStateHandle>> writing =
                        AsyncStateWriter.of(
                                state[0],
                                streams,
                                task,
                                nanos -> {
                                    if (counts) {
                                        write.add(nanos / 1e9);
                                    }
                                });
                Future<?> running = writer.submit(writing);
                while (!running.isDone()) {
                    add(beside, i, () -> trainer.step(batch));
                }
                if (handle != null) {
                    handle.discardState(); // as Flink does with the checkpoint before
                }
                handle = writing.get().getJobManagerOwnedSnapshot();
            }
            long heap = Runtime.getRuntime().maxMemory();
            assertThat(heap).as("heap, bytes").isLessThan(bytes);
            System.out.printf(
                    "state %,d bytes, heap at most %,d; copy %s s; write %s s; step alone %s s, beside writing %s s%n",
                    bytes, heap, text(copy), text(write), text(alone), text(beside));
            publish(trainer, progress);
            restore(handle, trainer.step());
        } finally {
            writer.shutdownNow();
            task.close();
        }
    }

    private void publish(Trainer trainer, RunProgress progress) throws Exception {
        CheckpointPublisher publisher = new CheckpointPublisher(config());
        List<Double> publish = new ArrayList<>();
        for (int i = 0; i < TIMES + 1; i++) {
            add(
                    publish,
                    i,
                    () ->
                            publisher.publish(
                                    trainer, progress, SeenByWeights.of(trainer, progress), 1));
        }
        System.out.printf("files of an event %s s%n", text(publish));
    }

    private void restore(OperatorStateHandle handle, long atMost) throws Exception {
        List<Double> load = new ArrayList<>();
        for (int i = 0; i < TIMES + 1; i++) {
            OperatorState.Restored[] restored = new OperatorState.Restored[1];
            try (InputStream in = handle.openInputStream()) {
                add(load, i, () -> restored[0] = OperatorState.read(in, config()));
            }
            try (Trainer trainer = restored[0].trainer()) {
                assertThat(trainer.step()).isPositive().isLessThanOrEqualTo(atMost);
            }
        }
        System.out.printf("recovery %s s%n", text(load));
    }

    private interface Work {
        Object run() throws Exception;
    }

    /** Times some work; the first round warms up and does not count. */
    private static void add(List<Double> seconds, int round, Work work) throws Exception {
        long start = System.nanoTime();
        work.run();
        if (round > 0) {
            seconds.add((System.nanoTime() - start) / 1e9);
        }
    }

    private static String text(List<Double> seconds) {
        List<Double> sorted = seconds.stream().sorted().toList();
        return String.format(
                "%.3f (%.3f to %.3f, %d times)",
                sorted.get(sorted.size() / 2),
                sorted.get(0),
                sorted.get(sorted.size() - 1),
                sorted.size());
    }
}

package io.kiln.training.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.KilnConfig;
import io.kiln.model.training.Trainer;
import io.kiln.training.input.BatchDecoder;
import io.kiln.training.job.TestBatches;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.RunnableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.runtime.state.CheckpointStreamFactory;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.SnapshotResult;
import org.apache.flink.runtime.state.memory.MemCheckpointStreamFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AsyncStateWriterTest {
    private static final KilnConfig CONFIG = TestBatches.config("file:///nowhere");
    private static final int ROOMY = 1 << 24;

    private final CloseableRegistry task = new CloseableRegistry();
    private final AtomicLong nanos = new AtomicLong();
    private final Trainer trainer = new Trainer(ModelSettings.of(CONFIG));
    private StateSnapshot state;

    @BeforeEach
    void snapshot() {
        state = OperatorState.snapshot(CONFIG, RunProgress.fresh(List.of(0)), trainer);
    }

    @AfterEach
    void close() throws IOException {
        trainer.close();
        task.close();
    }

    private RunnableFuture<SnapshotResult<OperatorStateHandle>> writing(int room)
            throws IOException {
        CheckpointStreamFactory streams = new MemCheckpointStreamFactory(room);
        return AsyncStateWriter.of(state, streams, task, nanos::set);
    }

    private void requireClosed() {
        assertThatThrownBy(() -> state.write(new ByteArrayOutputStream()))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void stateIsThatOfTheBarrierHoweverLateItIsWritten() throws Exception {
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        state.write(expected);
        RunnableFuture<SnapshotResult<OperatorStateHandle>> writing = writing(ROOMY);
        trainer.step(BatchDecoder.toMaskedBatch(TestBatches.batch(0)));
        assertThat(nanos).hasValue(0);
        writing.run();
        OperatorStateHandle handle = writing.get().getJobManagerOwnedSnapshot();
        try (InputStream in = handle.openInputStream()) {
            assertThat(in.readAllBytes()).isEqualTo(expected.toByteArray());
        }
        assertThat(nanos.get()).isPositive();
        requireClosed();
    }

    @Test
    void cancelledCheckpointGivesTheMemoryBack() throws Exception {
        writing(ROOMY).cancel(true);
        requireClosed();
    }

    @Test
    void cancelledTaskGivesTheMemoryBack() throws Exception {
        writing(ROOMY);
        task.close();
        requireClosed();
    }

    @Test
    void stateThatCannotBeWrittenFailsTheCheckpointAndGivesTheMemoryBack() throws Exception {
        RunnableFuture<SnapshotResult<OperatorStateHandle>> writing = writing(1000);
        writing.run();
        assertThatThrownBy(writing::get).hasStackTraceContaining("maxSize=1000");
        requireClosed();
    }
}

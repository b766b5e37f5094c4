package io.kiln.training.job;

import io.kiln.training.input.BatchInput;
import io.kiln.training.run.TrainingRun.ReadyBatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The batch that is trained on next, made ready on a thread of its own while the step before it
 * runs.
 */
final class Prefetcher implements AutoCloseable {
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    task -> {
                        Thread made = new Thread(task, "kiln-next-batch");
                        made.setDaemon(true);
                        return made;
                    });
    private final Function<BatchInput, ReadyBatch> preparation;
    private @Nullable Future<ReadyBatch> next;

    /**
     * @param preparation of a batch; called by one thread at a time
     */
    Prefetcher(Function<BatchInput, ReadyBatch> preparation) {
        this.preparation = preparation;
    }

    /**
     * Begins to prepare a batch.
     *
     * @return the one that was given before, if it has not been taken; to be waited for
     */
    @Nullable Future<ReadyBatch> put(BatchInput batch) {
        Future<ReadyBatch> before = next;
        next = thread.submit(() -> preparation.apply(batch));
        return before;
    }

    /** Takes the batch that was put last; null if there is none. */
    @Nullable Future<ReadyBatch> take() {
        Future<ReadyBatch> taken = next;
        next = null;
        return taken;
    }

    /**
     * Waits for a batch.
     *
     * @throws RuntimeException what its preparation threw
     */
    static ReadyBatch await(Future<ReadyBatch> batch) throws InterruptedException {
        try {
            return batch.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException("a batch could not be prepared", e.getCause());
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}

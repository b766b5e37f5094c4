package io.kiln.training.job;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Prepares one input on a thread of its own while the input before it is worked on. Its methods
 * belong to one thread, that of the task.
 *
 * @param <I> what is prepared
 * @param <O> what it becomes
 */
final class Prefetcher<I, O> implements AutoCloseable {
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    task -> {
                        Thread made = new Thread(task, "kiln-prefetcher");
                        made.setDaemon(true);
                        return made;
                    });
    private final Function<I, Supplier<O>> preparation;
    private @Nullable Future<O> next;

    /**
     * @param preparation called by {@link #put}; what it returns is called by one thread at a time,
     *     in the order of put
     */
    Prefetcher(Function<I, Supplier<O>> preparation) {
        this.preparation = preparation;
    }

    /**
     * Begins to prepare an input.
     *
     * @return the one before, if it has not been taken; for {@link #await}
     */
    @Nullable Future<O> put(I input) {
        Future<O> before = next;
        next = thread.submit(preparation.apply(input)::get);
        return before;
    }

    /** Takes the input that was put last, for {@link #await}; null if there is none. */
    @Nullable Future<O> take() {
        Future<O> taken = next;
        next = null;
        return taken;
    }

    /**
     * Waits until an input is prepared.
     *
     * @throws RuntimeException that its preparation threw
     */
    static <O> O await(Future<O> prepared) throws InterruptedException {
        try {
            return prepared.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException("the next input could not be prepared", e.getCause());
        }
    }

    /** Interrupts what is under way. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}

package io.kiln.demo;

import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.ManagedProcess;
import io.kiln.operations.OperationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * The broker and the registry of the demo, each a process.
 *
 * @param broker a real Kafka broker
 * @param registry a real schema registry
 */
record Servers(LocalBroker broker, LocalRegistry registry) {
    /**
     * Starts both in parallel, and runs other work meanwhile.
     *
     * @param resources closes them
     * @throws OperationException if one does not start
     */
    static Servers start(WorkDir workDir, Resources resources, Runnable meanwhile) {
        CompletableFuture<LocalBroker> broker =
                begin(() -> resources.add(LocalBroker.start(workDir.kafka())));
        CompletableFuture<LocalRegistry> registry =
                begin(() -> resources.add(LocalRegistry.start(workDir.registry())));
        meanwhile.run();
        return new Servers(await(broker), await(registry));
    }

    private static <T> CompletableFuture<T> begin(Supplier<T> start) {
        CompletableFuture<T> started = new CompletableFuture<>();
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                started.complete(start.get());
                            } catch (RuntimeException e) {
                                started.completeExceptionally(e);
                            }
                        },
                        "start-a-server");
        thread.setDaemon(true);
        thread.start();
        return started;
    }

    private static <T> T await(CompletableFuture<T> started) {
        try {
            return started.join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new OperationException(String.valueOf(cause.getMessage()), cause);
        }
    }

    /**
     * @throws OperationException if one has ended
     */
    void requireAlive(WorkDir workDir) {
        require(broker.process(), "the Kafka broker", workDir.kafka().resolve("broker.log"));
        require(
                registry.process(),
                "the schema registry",
                workDir.registry().resolve("registry.log"));
    }

    private static void require(ManagedProcess process, String name, java.nio.file.Path log) {
        if (!process.isAlive()) {
            throw new OperationException(name + " ended while the demo was running; see " + log);
        }
    }
}

package io.kiln.operations.cluster;

import io.kiln.local.FlinkCluster;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts processes of a cluster again when they have ended, and writes that to the supervisor's
 * log. If they end again and again, it waits longer each time.
 */
final class Watch {
    private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final LocalBroker broker;
    private final LocalRegistry registry;
    private final FlinkCluster flink;

    Watch(LocalBroker broker, LocalRegistry registry, FlinkCluster flink) {
        this.broker = broker;
        this.registry = registry;
        this.flink = flink;
    }

    /** Watches until the thread is interrupted. */
    void run() throws InterruptedException {
        Duration pause = SHORTEST_PAUSE;
        Instant calm = Instant.now();
        while (true) {
            Thread.sleep(pause.toMillis());
            List<String> started = new ArrayList<>();
            try {
                replaceEnded(started);
            } catch (RuntimeException e) {
                started.add("a process that ended again (" + e.getMessage() + ")");
            }
            if (!started.isEmpty()) {
                log("started again: " + String.join(", ", started));
                pause = min(pause.multipliedBy(2), LONGEST_PAUSE);
                calm = Instant.now().plus(LONGEST_PAUSE);
            } else if (Instant.now().isAfter(calm)) {
                pause = SHORTEST_PAUSE;
            }
        }
    }

    private void replaceEnded(List<String> started) {
        if (!broker.process().isAlive()) {
            broker.restart();
            started.add("the Kafka broker");
        }
        if (!registry.process().isAlive()) {
            registry.restart();
            started.add("the schema registry");
        }
        started.addAll(flink.replaceEnded());
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static void log(String line) {
        System.out.println(Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " + line);
    }
}

package io.kiln.schemas;

import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.ManagedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A real broker and a real registry that all tests of a JVM share, each started when it is first
 * asked for and ended with the JVM. A test that stops or kills a server starts its own. Tests keep
 * apart by their topics, see {@link #unique}.
 */
public final class TestServers {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final AtomicInteger NAMES = new AtomicInteger();
    private static final List<ManagedProcess> PROCESSES = new CopyOnWriteArrayList<>();

    private TestServers() {}

    private static final class Directory {
        private static final Path PATH = create();

        private static Path create() {
            try {
                Path created = Files.createTempDirectory("kiln-servers");
                Runtime.getRuntime().addShutdownHook(new Thread(() -> end(created)));
                return created;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static final class Broker {
        private static final LocalBroker STARTED =
                LocalBroker.start(Directory.PATH.resolve("broker"));

        static {
            PROCESSES.add(STARTED.process());
        }
    }

    private static final class Registry {
        private static final LocalRegistry STARTED =
                LocalRegistry.start(Directory.PATH.resolve("registry"));

        static {
            PROCESSES.add(STARTED.process());
        }
    }

    private static void end(Path directory) {
        PROCESSES.forEach(ManagedProcess::kill);
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            System.err.println(directory + " stays behind: " + e.getMessage());
        }
    }

    /** host:port of the broker. */
    public static String broker() {
        return Broker.STARTED.bootstrapServers();
    }

    /** Properties of a Kafka client of the broker. */
    public static Map<String, Object> kafka() {
        return Map.of("bootstrap.servers", broker());
    }

    /** URL of the registry. */
    public static String registryUrl() {
        return Registry.STARTED.url();
    }

    /** A client of the registry. */
    public static SchemaRegistry registry() {
        return new SchemaRegistry(registryUrl(), TIMEOUT);
    }

    /** A name that no other test of this JVM has, for topics and runs. */
    public static String unique(String name) {
        return name + "-" + NAMES.incrementAndGet();
    }
}

package io.kiln.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/** A real single-node Kafka (KRaft) in a process of its own, with room for records of 32 MiB. */
public final class LocalBroker implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(90);
    private static final int MAX_RECORD_BYTES = 32 * 1024 * 1024;

    /**
     * Relative to the process's folder, whose own name Kafka's file of properties could not hold in
     * every script.
     */
    private static final String DATA = "data";

    private static final String PROPERTIES = "server.properties";

    private final Path directory;
    private final int port;
    private final int controllerPort;
    private final List<String> more;
    private ManagedProcess process;

    private LocalBroker(Path directory, int port, int controllerPort, List<String> more) {
        this.directory = directory;
        this.port = port;
        this.controllerPort = controllerPort;
        this.more = List.copyOf(more);
        this.process = launch();
    }

    /**
     * Starts a broker on a free port and waits until it answers.
     *
     * @param directory for its data and its log; a later start finds the data again
     */
    public static LocalBroker start(Path directory) {
        return start(directory, Ports.free());
    }

    /** The same, on this port. */
    public static LocalBroker start(Path directory, int port) {
        return start(directory, port, Ports.free(), List.of());
    }

    /**
     * The same, with more settings.
     *
     * @param controllerPort port of the controller
     * @param more lines of a file of properties, which win over those that this class writes; the
     *     listener PLAINTEXT stays the one by which this process asks whether the broker is ready
     */
    public static LocalBroker start(
            Path directory, int port, int controllerPort, List<String> more) {
        LocalBroker broker = new LocalBroker(directory, port, controllerPort, more);
        try {
            broker.awaitReady();
            return broker;
        } catch (RuntimeException e) {
            broker.close();
            throw e;
        }
    }

    /** host:port of the broker. */
    public String bootstrapServers() {
        return bootstrapServers(port);
    }

    /** Address of a broker with a port. */
    public static String bootstrapServers(int port) {
        return "127.0.0.1:" + port;
    }

    /** The broker's process, for tests that kill it. */
    public ManagedProcess process() {
        return process;
    }

    /**
     * Starts the broker again, with its data and its port, after its process has ended. Waits until
     * it answers.
     */
    public void restart() {
        process.close();
        process = launch();
        awaitReady();
    }

    private ManagedProcess launch() {
        try {
            Files.createDirectories(directory);
            List<String> settings = new ArrayList<>(settings());
            settings.addAll(more);
            Files.write(directory.resolve(PROPERTIES), settings);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot prepare the broker in " + directory + ": " + e.getMessage(), e);
        }
        List<String> options =
                List.of(
                        "-Xmx512m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Dlog4j2.configurationFile=" + ProcessLog.file(directory));
        return ManagedProcess.start(
                "the Kafka broker",
                options,
                System.getProperty("java.class.path"),
                BrokerMain.class.getName(),
                List.of(PROPERTIES, DATA),
                directory,
                directory.resolve("broker.log"));
    }

    private List<String> settings() {
        String client = "PLAINTEXT://127.0.0.1:" + port;
        String controller = "CONTROLLER://127.0.0.1:" + controllerPort;
        return List.of(
                "process.roles=broker,controller",
                "node.id=1",
                "controller.quorum.bootstrap.servers=127.0.0.1:" + controllerPort,
                "listeners=" + client + "," + controller,
                "advertised.listeners=" + client + "," + controller,
                "controller.listener.names=CONTROLLER",
                "inter.broker.listener.name=PLAINTEXT",
                "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
                "log.dirs=" + DATA,
                "auto.create.topics.enable=false",
                "offsets.topic.replication.factor=1",
                "offsets.topic.num.partitions=4",
                "transaction.state.log.replication.factor=1",
                "transaction.state.log.min.isr=1",
                "transaction.state.log.num.partitions=4",
                "share.coordinator.state.topic.replication.factor=1",
                "share.coordinator.state.topic.min.isr=1",
                "group.initial.rebalance.delay.ms=0",
                "transaction.max.timeout.ms=900000",
                "message.max.bytes=" + MAX_RECORD_BYTES,
                "replica.fetch.max.bytes=" + MAX_RECORD_BYTES,
                "socket.request.max.bytes=" + 4 * MAX_RECORD_BYTES);
    }

    private void awaitReady() {
        process.await(this::answers, START);
    }

    private boolean answers() {
        if (!Ports.isOpen(port)) {
            return false;
        }
        Map<String, Object> settings =
                Map.of(
                        AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers(),
                        AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 5000,
                        AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 5000);
        try (Admin admin = Admin.create(settings)) {
            return !admin.describeCluster().nodes().get(6, TimeUnit.SECONDS).isEmpty();
        } catch (ExecutionException | TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        process.close();
    }
}

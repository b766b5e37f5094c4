package io.kiln.endtoend;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.local.ManagedProcess;
import io.kiln.local.Ports;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Flink cluster of a job manager and a task manager, processes of their own. On their class path
 * is what a Flink distribution has, and DJL; Kiln and Kafka come with the jobs.
 */
final class SessionCluster implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final String ENTRY_POINT =
            "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
    private static final String TASK_MANAGER =
            "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";

    /** Libraries of the command that come with the jobs, or do not belong to a cluster at all. */
    private static final List<String> NOT_FLINKS =
            List.of(
                    "avro-",
                    "cli-",
                    "checkpoint-client-",
                    "config-",
                    "flink-connector-kafka-",
                    "flink-support-",
                    "imageio-",
                    "common-",
                    "ingest-",
                    "jackson-",
                    "kafka",
                    "local-cluster-",
                    "masking-job-",
                    "model-",
                    "schema",
                    "training-job-",
                    "picocli-");

    private final int port;
    private final ManagedProcess jobManager;
    private final ManagedProcess taskManager;

    private SessionCluster(int port, ManagedProcess jobManager, ManagedProcess taskManager) {
        this.port = port;
        this.jobManager = jobManager;
        this.taskManager = taskManager;
    }

    /** Starts both and waits until there are slots. */
    static SessionCluster start(Path folder, int slots) throws IOException {
        List<Integer> ports = Ports.free(2);
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("config.yaml"), settings(folder, ports, slots));
        SessionCluster cluster =
                new SessionCluster(
                        ports.get(0),
                        process("the job manager", ENTRY_POINT, folder),
                        process("the task manager", TASK_MANAGER, folder));
        try {
            cluster.taskManager.await(() -> cluster.freeSlots() == slots, START);
            return cluster;
        } catch (IllegalStateException e) {
            cluster.close();
            throw e;
        }
    }

    private static String settings(Path folder, List<Integer> ports, int slots) {
        return """
               jobmanager.rpc.address: localhost
               jobmanager.rpc.port: %d
               rest.address: localhost
               rest.port: %d
               rest.bind-address: localhost
               io.tmp.dirs: %s
               taskmanager.host: localhost
               taskmanager.numberOfTaskSlots: %d
               taskmanager.cpu.cores: 1.0
               taskmanager.memory.framework.heap.size: 128m
               taskmanager.memory.task.heap.size: 256m
               taskmanager.memory.framework.off-heap.size: 128m
               taskmanager.memory.task.off-heap.size: 512m
               taskmanager.memory.managed.size: 32m
               taskmanager.memory.network.min: 64m
               taskmanager.memory.network.max: 64m
               taskmanager.memory.jvm-metaspace.size: 256m
               taskmanager.memory.jvm-overhead.min: 128m
               taskmanager.memory.jvm-overhead.max: 128m
               """
                .formatted(ports.get(1), ports.get(0), folder.resolve("tmp"), slots);
    }

    private static ManagedProcess process(String name, String mainClass, Path folder)
            throws IOException {
        List<String> options =
                new ArrayList<>(
                        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                                .filter(a -> a.startsWith("--add-") || a.startsWith("-Dai.djl."))
                                .toList());
        options.add("-Xmx512m");
        return ManagedProcess.start(
                name,
                options,
                classPath(),
                mainClass,
                List.of("--configDir", folder.toString()),
                folder,
                folder.resolve(mainClass.substring(mainClass.lastIndexOf('.') + 1) + ".log"));
    }

    private static String classPath() throws IOException {
        Path libraries = Path.of(System.getProperty("kiln.root"), "cli", "target", "lib");
        try (Stream<Path> jars = Files.list(libraries)) {
            return jars.filter(
                            jar ->
                                    NOT_FLINKS.stream()
                                            .noneMatch(jar.getFileName().toString()::startsWith))
                    .map(Path::toString)
                    .collect(Collectors.joining(File.pathSeparator));
        }
    }

    /** Address of the REST API. */
    String restUrl() {
        return "http://localhost:" + port;
    }

    private int freeSlots() {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(restUrl() + "/overview"))
                        .timeout(Duration.ofSeconds(5))
                        .build();
        try {
            String body =
                    HttpClient.newHttpClient()
                            .send(request, HttpResponse.BodyHandlers.ofString())
                            .body();
            return new ObjectMapper().readTree(body).path("slots-available").asInt();
        } catch (IOException e) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }

    @Override
    public void close() {
        taskManager.close();
        jobManager.close();
    }
}

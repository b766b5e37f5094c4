package io.kiln.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * A real schema registry (Apicurio, through its Confluent-compatible API) in a process of its own.
 * It keeps schemas in a file of its folder.
 */
public final class LocalRegistry implements AutoCloseable {
    /** System property: the folder into which the build unpacked the registry. */
    public static final String HOME_PROPERTY = "kiln.schemaRegistryHome";

    private static final Duration START = Duration.ofSeconds(90);
    private static final String API = "/apis/ccompat/v7";

    private final Path directory;
    private final int port;
    private final int managementPort;
    private ManagedProcess process;

    private LocalRegistry(Path directory, int port, int managementPort) {
        this.directory = directory;
        this.port = port;
        this.managementPort = managementPort;
        this.process = launch();
    }

    /**
     * Starts a registry on a free port and waits until it answers.
     *
     * @param directory for its data and its log; a later start finds the data again
     */
    public static LocalRegistry start(Path directory) {
        return start(directory, Ports.free());
    }

    /** The same, on this port. */
    public static LocalRegistry start(Path directory, int port) {
        LocalRegistry registry = new LocalRegistry(directory, port, Ports.free());
        try {
            registry.awaitReady();
            return registry;
        } catch (RuntimeException e) {
            registry.close();
            throw e;
        }
    }

    /** Base URL of the Confluent-compatible API. */
    public String url() {
        return url(port);
    }

    /** Address of a registry with a port. */
    public static String url(int port) {
        return "http://127.0.0.1:" + port + API;
    }

    /** The registry's process, for tests that kill it. */
    public ManagedProcess process() {
        return process;
    }

    /** Starts the registry again, with its data and its port, after its process has ended. */
    public void restart() {
        process.close();
        process = launch();
        awaitReady();
    }

    private ManagedProcess launch() {
        Path jar = runner();
        List<String> options =
                List.of(
                        "-Xmx384m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Dquarkus.http.host=127.0.0.1",
                        "-Dquarkus.http.port=" + port,
                        "-Dquarkus.management.host=127.0.0.1",
                        "-Dquarkus.management.port=" + managementPort,
                        "-Dapicurio.storage.kind=sql",
                        "-Dapicurio.storage.sql.kind=h2",
                        // relative to the process's folder, whose name may hold a semicolon
                        "-Dapicurio.datasource.url=jdbc:h2:file:./schemas;WRITE_DELAY=0");
        return ManagedProcess.start(
                "the schema registry",
                options,
                jar.toString(),
                mainClass(jar),
                List.of(),
                directory,
                directory.resolve("registry.log"));
    }

    private static Path runner() {
        String home = System.getProperty(HOME_PROPERTY, "");
        if (home.isEmpty()) {
            throw new IllegalStateException(
                    "-D"
                            + HOME_PROPERTY
                            + " is not set; expected the folder of the unpacked schema registry");
        }
        try (Stream<Path> files = Files.walk(Path.of(home), 2)) {
            return files.filter(f -> f.getFileName().toString().endsWith("-runner.jar"))
                    .findFirst()
                    .orElseThrow(
                            () ->
                                    new IllegalStateException(
                                            "no schema registry in "
                                                    + home
                                                    + "; build Kiln first (mvn package)"));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "no schema registry in " + home + "; build Kiln first (mvn package)", e);
        }
    }

    private static String mainClass(Path jar) {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.getManifest().getMainAttributes().getValue(Attributes.Name.MAIN_CLASS);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + jar, e);
        }
    }

    private void awaitReady() {
        HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url() + "/subjects"))
                        .timeout(Duration.ofSeconds(5))
                        .build();
        process.await(() -> answers(client, request), START);
    }

    private static boolean answers(HttpClient client, HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
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

package io.kiln.examples;

import io.kiln.checkpoints.ArtifactStores;
import io.kiln.encoder.EncoderHandle;
import io.kiln.encoder.Space;
import io.kiln.schemas.SchemaRegistry;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command: follows a model and serves its embeddings until it is interrupted. */
@Command(
        name = "embedding-service",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description = "Serves embeddings over HTTP, by the encoder that should be in use.")
public final class EmbeddingService implements Callable<Integer> {
    private static final Duration REGISTRY_TIMEOUT = Duration.ofSeconds(30);

    @Option(names = "--bootstrap-servers", description = "addresses of Kafka's brokers")
    private String bootstrapServers = "localhost:9092";

    @Option(names = "--registry", description = "URL of the schema registry")
    private String registry = "http://localhost:8085/apis/ccompat/v7";

    @Option(names = "--topic", description = "topic of checkpoint events")
    private String topic = "checkpoints";

    @Option(names = "--model", description = "name of the model")
    private String model = "kiln";

    @Option(names = "--cache", description = "folder for the encoder's file, of this service alone")
    private Path cache = Path.of("encoder-cache");

    @Option(
            names = "--store",
            description =
                    "URI of a folder that files may come from; may be repeated; any place if not given")
    private List<URI> stores = List.of();

    @Option(
            names = "--space",
            description =
                    "that embeddings are taken into, MODEL/RUN/vVERSION; each version's own if not given")
    private String space = "";

    @Option(names = "--host", description = "address to listen on")
    private String host = "127.0.0.1";

    @Option(names = "--port", description = "port to listen on; 0 for any free one")
    private int port = 8090;

    @Option(names = "--requests", description = "requests that may be under way or wait at a time")
    private int requests = 64;

    @Option(names = "--threads", description = "images that are embedded at a time")
    private int threads = 2;

    @Option(names = "--image-bytes", description = "length of the largest image")
    private int imageBytes = 16 << 20;

    private EmbeddingService() {}

    /** Runs until SIGINT or SIGTERM, then ends the requests under way. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new EmbeddingService()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        EncoderHandle.Options options =
                new EncoderHandle.Options(
                        stores.isEmpty() ? ArtifactStores.ANY : ArtifactStores.only(stores),
                        status -> System.out.println(line(status)));
        if (!space.isEmpty()) {
            options = options.in(Space.parse(space));
        }
        CountDownLatch stop = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    stop.countDown();
                                    awaitQuietly(stopped);
                                }));
        try (EncoderHandle encoders =
                        EncoderHandle.follow(
                                Map.of("bootstrap.servers", bootstrapServers),
                                new SchemaRegistry(registry, REGISTRY_TIMEOUT),
                                topic,
                                model,
                                cache,
                                options);
                EmbeddingServer server =
                        new EmbeddingServer(
                                encoders,
                                new InetSocketAddress(host, port),
                                new EmbeddingServer.Limits(requests, threads, imageBytes))) {
            System.out.println("http://" + host + ":" + server.address().getPort() + "/embed");
            stop.await();
        } finally {
            stopped.countDown();
        }
        return 0;
    }

    private static String line(EncoderHandle.Status status) {
        String serving =
                status.serving()
                        .map(event -> "version " + event.getVersion() + " serves")
                        .orElse("no version serves");
        return serving + status.problem().map(problem -> "; " + problem).orElse("");
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

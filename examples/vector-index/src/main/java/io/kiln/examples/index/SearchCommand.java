package io.kiln.examples.index;

import io.kiln.encoder.Advice;
import io.kiln.schemas.SchemaRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The command: reads names of pictures from its input, a line each, and prints those most alike.
 */
@Command(
        name = "vector-index",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description =
                "Finds the pictures of a folder most alike those named on standard input, a line each.")
public final class SearchCommand implements Callable<Integer> {
    private static final Duration REGISTRY_TIMEOUT = Duration.ofSeconds(30);

    @Option(names = "--bootstrap-servers", description = "addresses of Kafka's brokers")
    private String bootstrapServers = "localhost:9092";

    @Option(names = "--registry", description = "URL of the schema registry")
    private String registry = "http://localhost:8085/apis/ccompat/v7";

    @Option(names = "--topic", description = "topic of checkpoint events")
    private String topic = "checkpoints";

    @Option(names = "--model", description = "name of the model")
    private String model = "kiln";

    @Option(names = "--pictures", required = true, description = "folder of pictures")
    private Path pictures = Path.of(".");

    @Option(names = "--index", description = "folder for the index, of this process alone")
    private Path index = Path.of("index");

    @Option(names = "--count", description = "pictures to print for each line")
    private int count = 5;

    private SearchCommand() {}

    /** Runs until the input ends. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new SearchCommand()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        PictureSearch.Source source =
                new PictureSearch.Source(
                        Map.of("bootstrap.servers", bootstrapServers),
                        new SchemaRegistry(registry, REGISTRY_TIMEOUT),
                        topic,
                        model);
        try (PictureSearch search = new PictureSearch(source, pictures, index)) {
            Thread refreshing = new Thread(() -> refresh(search), "refresh");
            refreshing.start();
            answer(search);
            refreshing.interrupt();
            refreshing.join();
        }
        return 0;
    }

    private void answer(PictureSearch search) throws IOException {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (@Nullable String line = lines.readLine(); line != null; line = lines.readLine()) {
            PictureSearch.Answer answer = search.nearest(Files.readAllBytes(Path.of(line)), count);
            System.out.println("version " + answer.version() + " in " + answer.space());
            for (PictureSearch.Hit hit : answer.nearest()) {
                System.out.printf("  %.3f  %s%n", hit.cosine(), hit.picture());
            }
        }
    }

    /** Keeps the index up to date; while something is away, it stays as it is. */
    private static void refresh(PictureSearch search) {
        try {
            while (true) {
                Thread.sleep(1000);
                try {
                    if (search.refresh() == Advice.RE_EMBED) {
                        System.out.println("all pictures are embedded again");
                    }
                } catch (IOException | RuntimeException e) {
                    System.err.println("the index stays as it is: " + e.getMessage());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.kiln.cli;

import io.kiln.config.ConfigKeys;
import io.kiln.config.KilnConfig;
import io.kiln.operations.OperationException;
import io.kiln.operations.console.Json;
import io.kiln.operations.flink.FlinkRest;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln submit}: a job to a Flink cluster. */
@Command(
        name = "submit",
        description = {
            "Submits a job to the Flink cluster at flink.restUrl.",
            "Uploads the job's jar and starts it with the configuration in force here. DJL and"
                    + " libtorch must be in the cluster's lib folder for the training job."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln submit masking --config kiln.yaml",
            "  kiln submit training --config kiln.yaml --from file:///flink/savepoints/savepoint-1a2b"
        })
final class SubmitCommand implements Runnable {
    /** System property: root of the checkout the command was started from. */
    static final String HOME_PROPERTY = "kiln.home";

    /** The two jobs. */
    enum Job {
        MASKING,
        TRAINING;

        String module() {
            return name().toLowerCase(Locale.ROOT) + "-job";
        }
    }

    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @Parameters(paramLabel = "masking|training", description = "which job")
    private Job job;

    @Option(
            names = "--jar",
            paramLabel = "FILE",
            description = "the job's jar; without it, the one built in this checkout")
    private @Nullable Path jar;

    @Option(
            names = "--from",
            paramLabel = "URI",
            description = "savepoint or checkpoint that the job goes on from")
    private @Nullable String from;

    @Option(names = "--json", description = "the job's id and page as an object, for scripts")
    private boolean json;

    @Override
    public void run() {
        KilnConfig kiln = config.load();
        String address = kiln.flink().restUrl();
        Path file = jar == null ? built(job) : jar;
        FlinkRest flink = new FlinkRest(address);
        List<String> arguments = List.of("--config-text", ConfigListing.yaml(ConfigKeys.of(kiln)));
        String id = flink.run(flink.upload(file), arguments, Optional.ofNullable(from));
        PrintWriter out = spec.commandLine().getOut();
        String page = address + "/#/job/running/" + id + "/overview";
        out.println(
                json
                        ? Json.pretty(
                                Json.MAPPER.createObjectNode().put("job", id).put("page", page))
                        : "submitted " + file.getFileName() + " as job " + id + "\n" + page);
        out.flush();
    }

    private static Path built(Job job) {
        Path folder =
                Path.of(System.getProperty(HOME_PROPERTY, ""))
                        .resolve(job.module())
                        .resolve("target");
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith("-job.jar"))
                    .sorted()
                    .findFirst()
                    .orElseThrow(() -> notBuilt(folder));
        } catch (IOException e) {
            throw notBuilt(folder);
        }
    }

    private static OperationException notBuilt(Path folder) {
        return new OperationException(
                folder + ": holds no job jar; build it with mvn package, or give one with --jar");
    }
}

package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.checkpoints.ArtifactMismatchException;
import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.checkpoints.Start;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.model.features.Accuracy;
import io.kiln.operations.OperationException;
import io.kiln.operations.checkpoints.RunVersions;
import io.kiln.operations.console.Json;
import io.kiln.operations.console.StatusLine;
import io.kiln.operations.console.Terminal;
import io.kiln.operations.probe.Probe;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.FileRole;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln probe}: how much of labelled pictures a frozen encoder's features tell. */
@Command(
        name = "probe",
        description = {
            "Measures how well a frozen encoder's features separate classes of pictures.",
            "Prints the cross-validated accuracy of a vote of the 20 nearest pictures and of a"
                    + " linear classifier, with the spread over the folds."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln probe classes --config kiln.yaml",
            "  kiln probe classes --config kiln.yaml --checkpoint 12",
            "  kiln probe classes --from model.safetensors --json"
        })
final class ProbeCommand implements Runnable {
    private static final int MOST_FOLDS = 100;

    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @Parameters(
            paramLabel = "DIR",
            description =
                    "folder with one folder of pictures per class; files beside these folders belong"
                            + " to no class and are left out")
    private Path folder;

    @Option(
            names = "--from",
            paramLabel = "FILE",
            description = "encoder file that Kiln wrote, instead of a version of the run")
    private Optional<Path> from = Optional.empty();

    @Option(
            names = "--checkpoint",
            paramLabel = "VERSION",
            description =
                    "version of the run; without it, the one promoted last, or the newest if none is")
    private Optional<Long> version = Optional.empty();

    @Option(
            names = "--folds",
            paramLabel = "N",
            defaultValue = "5",
            description =
                    "number of folds; each class needs at least as many pictures (default:"
                            + " ${DEFAULT-VALUE})")
    private int folds;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "seed of the folds (default: ${DEFAULT-VALUE})")
    private long seed;

    @Option(names = "--json", description = "print one JSON object")
    private boolean json;

    @Override
    public void run() {
        if (folds < 2 || folds > MOST_FOLDS) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--folds " + folds + " is not allowed; expected 2 to " + MOST_FOLDS);
        }
        if (from.isPresent() && version.isPresent()) {
            throw new ParameterException(
                    spec.commandLine(), "--from and --checkpoint are mutually exclusive");
        }
        if (from.isPresent()) {
            report(from.get().toString(), probe(from.get()));
            return;
        }
        CheckpointEvent event = event(config.load());
        try {
            Path fetched = Files.createTempDirectory("kiln-probe");
            Path file = fetched;
            try {
                file = CheckpointSubscriber.fetch(event, FileRole.ENCODER, fetched);
                report("version " + event.getVersion() + " of " + event.getModel(), probe(file));
            } finally {
                Files.deleteIfExists(file);
                Files.deleteIfExists(fetched);
            }
        } catch (ArtifactMismatchException | IOException e) {
            throw new OperationException(
                    "version " + event.getVersion() + " cannot be fetched: " + e.getMessage(), e);
        }
    }

    private Probe probe(Path file) {
        StatusLine line = new StatusLine(spec.commandLine().getErr(), Terminal.present());
        try {
            return Probe.of(file, folder, folds, seed, done -> line.hint(done + " pictures"));
        } finally {
            line.end();
        }
    }

    private CheckpointEvent event(KilnConfig loaded) {
        String topic = loaded.topics().checkpoints();
        Clients.requireTopics(loaded, List.of(topic));
        if (version.isPresent()) {
            return new RunVersions(loaded).get(version.get()).current();
        }
        try (CheckpointSubscriber subscriber =
                new CheckpointSubscriber(
                        Clients.properties(loaded),
                        Clients.registry(loaded),
                        topic,
                        Start.CURRENT)) {
            return subscriber.poll(Duration.ZERO).stream()
                    .filter(event -> event.getModel().equals(loaded.model().name()))
                    .findFirst()
                    .orElseThrow(
                            () ->
                                    new OperationException(
                                            "model "
                                                    + loaded.model().name()
                                                    + " has no version in "
                                                    + topic
                                                    + " yet (model.name selects the model)"));
        }
    }

    private void report(String encoder, Probe probe) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            ObjectNode tree =
                    Json.MAPPER
                            .createObjectNode()
                            .put("encoder", encoder)
                            .put("pictures", probe.pictures())
                            .put("classes", probe.classes())
                            .put("embeddingSize", probe.embeddingSize())
                            .put("chance", probe.chance());
            tree.set("nearest", Json.MAPPER.valueToTree(probe.nearest().folds()));
            tree.set("linear", Json.MAPPER.valueToTree(probe.linear().folds()));
            out.println(Json.pretty(tree));
        } else {
            Table table = new Table("encoder", encoder);
            table.add(
                    "pictures",
                    String.format(
                            Locale.ROOT,
                            "%,d in %d classes, %,d values each",
                            probe.pictures(),
                            probe.classes(),
                            probe.embeddingSize()));
            table.add("nearest", text(probe.nearest()));
            table.add("linear", text(probe.linear()));
            table.add("chance", String.format(Locale.ROOT, "%.1f %%", 100 * probe.chance()));
            out.print(table);
        }
        out.flush();
    }

    private static String text(Accuracy accuracy) {
        return String.format(
                Locale.ROOT,
                "%.1f %% ± %.1f over %d folds",
                100 * accuracy.mean(),
                100 * accuracy.spread(),
                accuracy.folds().size());
    }
}

package io.kiln.cli;

import static io.kiln.operations.report.Numbers.figure;

import io.kiln.checkpoints.EventJson;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.checkpoints.PublishedVersion;
import io.kiln.operations.checkpoints.RunEvaluations;
import io.kiln.operations.checkpoints.RunVersions;
import io.kiln.operations.console.Printable;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.DriftFigures;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.ProbeFigures;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln checkpoints}: lists and manages the versions of a run. */
@Command(
        name = "checkpoints",
        synopsisSubcommandLabel = "list|show|best|groups|promote|revoke",
        description =
                "Lists, promotes and revokes the versions of a run. model.name and training.runId select the run.",
        footerHeading = "%nExample:%n",
        footer = "  kiln checkpoints list --config kiln.yaml",
        subcommands = {
            CheckpointsCommand.ListVersions.class,
            CheckpointsCommand.Show.class,
            CheckpointsBestCommand.class,
            CheckpointsGroupsCommand.class,
            CheckpointsCommand.Promote.class,
            CheckpointsCommand.Revoke.class
        })
final class CheckpointsCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "expected: kiln checkpoints list, show, best, groups, promote or revoke");
    }

    /** The versions of the configured run, whose topic exists. */
    static RunVersions versions(KilnConfig config) {
        Clients.requireTopics(config, List.of(config.topics().checkpoints()));
        return new RunVersions(config);
    }

    /** {@code kiln checkpoints list}. */
    @Command(
            name = "list",
            description = {
                "Lists all versions with their current status, oldest first.",
                "Versions that the evaluation job has measured have figures on held-out images:"
                        + " holdout loss on anchors and on recent images, effective rank, share of"
                        + " dead channels, probe accuracy, and what to do with stored embeddings of"
                        + " the version promoted before. DRIFT names the statistic of the held-out"
                        + " images that has changed since the previous version. BWT says how much"
                        + " the loss on earlier eras has fallen since they ended."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  kiln checkpoints list --status promoted",
                "  kiln checkpoints list --json \\",
                "      | jq 'select(.trainingLoss.double < 0.6) | .version'"
            })
    static final class ListVersions implements Runnable {
        private static final List<String> HEADINGS =
                List.of("VERSION", "STATUS", "STEP", "IMAGES SEEN", "LOSS");

        @Spec private CommandSpec spec;
        @Mixin private ConfigOptions config;

        @Option(
                names = "--status",
                paramLabel = "STATUS",
                description =
                        "only versions with this status: candidate, promoted, revoked or retired;"
                                + " may be repeated")
        private List<CheckpointStatus> statuses = List.of();

        @Option(
                names = "--json",
                description = "print one JSON object per line, with the field names of the schema")
        private boolean json;

        @Override
        public void run() {
            KilnConfig kiln = config.load();
            List<CheckpointEvent> meant =
                    versions(kiln).all().stream()
                            .map(PublishedVersion::current)
                            .filter(
                                    event ->
                                            statuses.isEmpty()
                                                    || statuses.contains(event.getStatus()))
                            .toList();
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                meant.forEach(event -> out.println(Printable.line(EventJson.line(event))));
            } else {
                out.println(table(meant, RunEvaluations.of(kiln)));
            }
            out.flush();
        }

        private static Table table(List<CheckpointEvent> events, RunEvaluations evaluations) {
            List<String> headings = new ArrayList<>(HEADINGS);
            if (!evaluations.isEmpty()) {
                headings.addAll(MeasuredColumns.HEADINGS);
            }
            if (evaluations.hasProbe()) {
                headings.add("PROBE");
            }
            if (evaluations.hasVerdict()) {
                headings.add("VERDICT");
            }
            if (evaluations.hasEras()) {
                headings.add("BWT");
            }
            if (evaluations.hasDrift()) {
                headings.add("DRIFT");
            }
            Table table = new Table(headings.toArray(String[]::new));
            for (CheckpointEvent event : events) {
                List<String> cells =
                        new ArrayList<>(
                                List.of(
                                        Long.toString(event.getVersion()),
                                        event.getStatus().name(),
                                        Long.toString(event.getStep()),
                                        String.format(Locale.ROOT, "%,d", event.getSamplesSeen()),
                                        figure("%.4f", event.getTrainingLoss())));
                Optional<Evaluation> found = evaluations.of(event.getVersion());
                if (!evaluations.isEmpty()) {
                    cells.addAll(MeasuredColumns.of(found));
                }
                if (evaluations.hasProbe()) {
                    cells.add(
                            figure(
                                    "%.3f",
                                    found.map(Evaluation::getProbe)
                                            .map(ProbeFigures::getLinear)
                                            .orElse(null)));
                }
                if (evaluations.hasVerdict()) {
                    cells.add(
                            found.map(Evaluation::getCompatibility)
                                    .map(compatibility -> compatibility.getVerdict().name())
                                    .orElse("–"));
                }
                if (evaluations.hasEras()) {
                    cells.add(
                            found.flatMap(one -> evaluations.backwardTransfer(one.getVersion()))
                                    .map(transfer -> figure("%+.4f", transfer))
                                    .orElse("–"));
                }
                if (evaluations.hasDrift()) {
                    cells.add(found.map(Evaluation::getDrift).map(ListVersions::drift).orElse("–"));
                }
                table.add(cells.toArray(String[]::new));
            }
            return table;
        }

        private static String drift(DriftFigures drift) {
            return drift.getRaised().isEmpty()
                    ? "none"
                    : drift.getRaised().stream()
                            .map(alarm -> Printable.line(alarm.getStatistic()))
                            .distinct()
                            .collect(Collectors.joining(", "));
        }
    }

    /** A verb that takes one version. */
    private abstract static class OfVersion implements Runnable {
        @Spec private CommandSpec spec;
        @Mixin private ConfigOptions config;

        @Parameters(
                paramLabel = "VERSION",
                description = "number of the version, as kiln checkpoints list prints it")
        private long version;

        final RunVersions versions() {
            return CheckpointsCommand.versions(config.load());
        }

        final long version() {
            return version;
        }

        final PrintWriter out() {
            return spec.commandLine().getOut();
        }
    }

    /** {@code kiln checkpoints show}. */
    @Command(
            name = "show",
            description = "Shows one version with its files.",
            footerHeading = "%nExample:%n",
            footer = "  kiln checkpoints show 12")
    static final class Show extends OfVersion {
        @Option(
                names = "--json",
                description = "print one JSON object with the field names of the schema")
        private boolean json;

        @Override
        public void run() {
            CheckpointEvent event = versions().get(version()).current();
            PrintWriter out = out();
            out.println(json ? Printable.line(EventJson.line(event)) : text(event));
            out.flush();
        }

        private static String text(CheckpointEvent event) {
            StringBuilder text =
                    new StringBuilder(
                            String.format(
                                    Locale.ROOT,
                                    "%s %s v%d: %s, step %d, %,d images seen, written %s by Kiln %s",
                                    event.getModel(),
                                    event.getRunId(),
                                    event.getVersion(),
                                    event.getStatus(),
                                    event.getStep(),
                                    event.getSamplesSeen(),
                                    event.getCreatedAt(),
                                    Printable.line(event.getCodeVersion())));
            for (CheckpointFile file : event.getFiles()) {
                text.append(
                        String.format(
                                Locale.ROOT,
                                "%n%-15s %,d bytes  SHA-256 %s%n    %s",
                                file.getRole(),
                                file.getBytes(),
                                Printable.line(file.getSha256()),
                                Printable.line(file.getUri())));
            }
            return text.toString();
        }
    }

    /** {@code kiln checkpoints promote}. */
    @Command(
            name = "promote",
            description = {
                "Marks a version as chosen for use. Subscribers see the event.",
                "Verifies the files first. They are kept until the version is revoked.",
                "Promotes a version again if the evaluation job has promoted it, or if another one has"
                        + " been promoted since.",
                "The event names the adapter to the version promoted before, if the evaluation job"
                        + " has written one."
            },
            footerHeading = "%nExample:%n",
            footer = "  kiln checkpoints promote 12")
    static final class Promote extends OfVersion {
        @Override
        public void run() {
            boolean changed = versions().promote(version());
            out().println("v" + version() + (changed ? " promoted" : " is promoted already"));
        }
    }

    /** {@code kiln checkpoints revoke}. */
    @Command(
            name = "revoke",
            description =
                    "Marks a version that must no longer be used. Retention may then delete its"
                            + " files.",
            footerHeading = "%nExample:%n",
            footer = "  kiln checkpoints revoke 12")
    static final class Revoke extends OfVersion {
        @Override
        public void run() {
            boolean changed = versions().revoke(version());
            out().println("v" + version() + (changed ? " revoked" : " is revoked already"));
        }
    }
}

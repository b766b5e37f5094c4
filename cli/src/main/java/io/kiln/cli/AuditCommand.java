package io.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.KilnTopics;
import io.kiln.operations.audit.Audit;
import io.kiln.operations.audit.AuditReport;
import io.kiln.operations.audit.Finding;
import io.kiln.operations.console.Json;
import io.kiln.schemas.Topic;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kiln audit}: whether the guarantees hold. */
@Command(
        name = "audit",
        description = {
            "Checks the guarantees against what the topics and the artifact store hold.",
            "Each image in each of its batches once, or among the dead letters; each batch trained "
                    + "on once; each version announced once, with its files. Writes nothing, and "
                    + "may run beside the jobs."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:nothing was found",
            "1:something is lost, doubled, unexplained, deleted, missing or corrupt",
            "2:wrong use or a mistake in the configuration"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln audit --config kiln.yaml",
            "  kiln audit --config kiln.yaml --json | jq -r '.findings[] | .place'",
            "  kiln audit --config kiln.yaml --complete    after the stream has ended"
        })
final class AuditCommand implements Callable<Integer> {
    private static final int PRINTED = 50;

    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @Option(names = "--json", description = "one object, with all findings up to the first 1000")
    private boolean json;

    @Option(
            names = "--complete",
            description = "nothing may be on its way: what has not been trained on is lost")
    private boolean complete;

    @Option(names = "--no-files", description = "do not read the files of the checkpoints")
    private boolean noFiles;

    @Override
    public Integer call() {
        KilnConfig kiln = config.load();
        Clients.requireTopics(
                kiln, KilnTopics.of(kiln.topics()).all().stream().map(Topic::name).toList());
        AuditReport report = Audit.of(kiln, new Audit.Options(complete, !noFiles));
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? json(report) : text(report));
        out.flush();
        return report.clean() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private static String text(AuditReport report) {
        Table table = new Table("", "HELD", "");
        table.add(
                "images",
                number(report.images()),
                number(report.imageViews())
                        + " views in batches, "
                        + number(report.deadLetters())
                        + " dead letters, "
                        + number(report.imagesPending())
                        + " on their way");
        table.add(
                "batches",
                number(report.batches()),
                number(report.batchesPending()) + " wait for the trainer");
        table.add(
                "steps",
                number(report.steps()),
                "of " + report.runs() + (report.runs() == 1 ? " run" : " runs"));
        table.add(
                "checkpoints",
                number(report.events()),
                (report.files() < 0
                                ? "files not read"
                                : number(report.files()) + " files are what their events say")
                        + (report.retired() == 0
                                ? ""
                                : ", " + number(report.retired()) + " versions retired"));
        StringBuilder text = new StringBuilder(table.toString());
        report.findings().stream().limit(PRINTED).forEach(finding -> text.append(line(finding)));
        if (report.total() > PRINTED) {
            text.append(number(report.total() - PRINTED)).append(" more; see --json").append('\n');
        }
        return text.append(report.clean() ? "nothing lost, nothing doubled" : summary(report))
                .toString();
    }

    private static String line(Finding finding) {
        return String.format(
                Locale.ROOT, "%-11s  %s  %s%n", finding.kind(), finding.place(), finding.message());
    }

    private static String summary(AuditReport report) {
        StringBuilder text = new StringBuilder("found:");
        new TreeMap<>(report.counts())
                .forEach(
                        (kind, count) ->
                                text.append(' ')
                                        .append(number(count))
                                        .append(' ')
                                        .append(kind.name().toLowerCase(Locale.ROOT)));
        return text.toString();
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String json(AuditReport report) {
        ObjectNode object = Json.MAPPER.createObjectNode().put("clean", report.clean());
        object.put("images", report.images())
                .put("views", report.views())
                .put("imageViews", report.imageViews())
                .put("deadLetters", report.deadLetters())
                .put("imagesPending", report.imagesPending())
                .put("batches", report.batches())
                .put("batchesPending", report.batchesPending())
                .put("steps", report.steps())
                .put("runs", report.runs())
                .put("checkpoints", report.events())
                .put("retired", report.retired())
                .put("files", report.files());
        ObjectNode counts = object.putObject("counts");
        for (Finding.Kind kind : Finding.Kind.values()) {
            counts.put(
                    kind.name().toLowerCase(Locale.ROOT), report.counts().getOrDefault(kind, 0L));
        }
        ArrayNode findings = object.putArray("findings");
        for (Finding finding : report.findings()) {
            findings.addObject()
                    .put("kind", finding.kind().name())
                    .put("place", finding.place())
                    .put("message", finding.message());
        }
        return Json.pretty(object);
    }
}

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
import io.kiln.operations.console.Printable;
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

/** {@code kiln audit}: checks that the guarantees hold. */
@Command(
        name = "audit",
        description = {
            "Checks the topics and the artifact store against Kiln's guarantees.",
            "Each image must be in each of its batches once, held out of training, or in the "
                    + "dead-letter topic. Each "
                    + "batch must be trained on once. Each version must be announced once, with "
                    + "its files. The audit writes nothing and can run while the jobs run."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:no findings",
            "1:something is lost, duplicated, unexplained, deleted, skipped, missing or corrupt",
            "2:wrong usage or an invalid configuration"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln audit --config kiln.yaml",
            "  kiln audit --config kiln.yaml --json | jq -r '.findings[] | .place'",
            "  kiln audit --config kiln.yaml --complete    once the stream has ended"
        })
final class AuditCommand implements Callable<Integer> {
    private static final int MAX_PRINTED = 50;

    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @Option(names = "--json", description = "print one JSON object with all findings, at most 1000")
    private boolean json;

    @Option(
            names = "--complete",
            description = "the stream has ended: report what has not been trained on as lost")
    private boolean complete;

    @Option(names = "--no-files", description = "do not read the checkpoint files")
    private boolean noFiles;

    @Override
    public Integer call() {
        KilnConfig kiln = config.load();
        Clients.requireTopics(
                kiln, KilnTopics.of(kiln.topics()).required().stream().map(Topic::name).toList());
        AuditReport report = Audit.of(kiln, new Audit.Options(complete, !noFiles));
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? json(report) : text(report));
        out.flush();
        return report.clean() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    static String text(AuditReport report) {
        Table table = new Table("", "HELD", "");
        table.add(
                "images",
                number(report.images()),
                number(report.imageViews())
                        + " views in batches, "
                        + (report.replayedViews() == 0
                                ? ""
                                : number(report.replayedViews()) + " replayed, ")
                        + (report.heldOut() == 0 ? "" : number(report.heldOut()) + " held out, ")
                        + number(report.deadLetters())
                        + " dead letters, "
                        + number(report.imagesPending())
                        + " in progress");
        table.add(
                "batches",
                number(report.batches()),
                number(report.batchesPending()) + " not trained on yet");
        table.add(
                "steps",
                number(report.steps()),
                "of "
                        + report.runs()
                        + (report.runs() == 1 ? " run" : " runs")
                        + (report.skipped() == 0
                                ? ""
                                : ", " + number(report.skipped()) + " skipped their batch"));
        table.add(
                "events",
                number(report.events()),
                (report.files() < 0
                                ? "files not read"
                                : number(report.files()) + " files match their events")
                        + (report.retired() == 0
                                ? ""
                                : ", " + number(report.retired()) + " versions retired"));
        StringBuilder text = new StringBuilder(table.toString());
        report.findings().stream()
                .limit(MAX_PRINTED)
                .forEach(finding -> text.append(line(finding)));
        if (report.total() > MAX_PRINTED) {
            text.append(number(report.total() - MAX_PRINTED))
                    .append(" more; see --json")
                    .append('\n');
        }
        return text.append(report.clean() ? "nothing lost, nothing duplicated" : summary(report))
                .toString();
    }

    private static String line(Finding finding) {
        return String.format(
                Locale.ROOT,
                "%-11s  %s  %s%n",
                finding.kind(),
                Printable.line(finding.place()),
                Printable.line(finding.message()));
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
                .put("replayedViews", report.replayedViews())
                .put("heldOut", report.heldOut())
                .put("deadLetters", report.deadLetters())
                .put("imagesPending", report.imagesPending())
                .put("batches", report.batches())
                .put("batchesPending", report.batchesPending())
                .put("steps", report.steps())
                .put("skipped", report.skipped())
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

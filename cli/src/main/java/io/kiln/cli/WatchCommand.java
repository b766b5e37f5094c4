package io.kiln.cli;

import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.checkpoints.EventJson;
import io.kiln.checkpoints.Start;
import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.console.Interruption;
import io.kiln.operations.console.Printable;
import io.kiln.schemas.CheckpointEvent;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.errors.InterruptException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kiln watch}: prints checkpoint events as they are committed. */
@Command(
        name = "watch",
        description = {
            "Prints checkpoint events as they are committed.",
            "Runs until Ctrl-C. Each event is printed exactly once, after its files exist and its "
                    + "weights can be recovered."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln watch --from-beginning",
            "  kiln watch --json | jq -r '.files[] | select(.role == \"ENCODER\") | .uri'",
            "  kiln watch --count 1 && ./use-the-new-encoder.sh"
        })
final class WatchCommand implements Runnable {
    private static final Duration POLL_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration SHUTDOWN_TIMEOUT = Duration.ofSeconds(15);
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneId.systemDefault());

    @Spec private CommandSpec spec;
    @Mixin private ConfigOptions config;

    @Option(
            names = "--json",
            description = "print one JSON object per line, with the field names of the schema")
    private boolean json;

    @Option(
            names = "--from-beginning",
            description = "start with the first event of the topic, not with the next one")
    private boolean fromBeginning;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "0",
            description = "stop after this many events; 0 means never (default: ${DEFAULT-VALUE})")
    private long count;

    @Override
    public void run() {
        if (count < 0) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--count: " + count + " is not allowed; expected 0 or more");
        }
        KilnConfig kiln = config.load();
        String topic = kiln.topics().checkpoints();
        Clients.requireTopics(kiln, List.of(topic));
        try (CheckpointSubscriber subscriber =
                new CheckpointSubscriber(
                        Clients.propertiesWithTimeout(kiln),
                        Clients.registry(kiln),
                        topic,
                        fromBeginning ? Start.BEGINNING : Start.END)) {
            Interruption.onShutdown(SHUTDOWN_TIMEOUT, () -> watch(subscriber));
        } catch (InterruptException e) {
            Thread.interrupted(); // Ctrl-C is how watching ends
        }
    }

    /** Returns how many events were printed. Ends when nobody reads them any more. */
    private long watch(CheckpointSubscriber subscriber) {
        PrintWriter out = spec.commandLine().getOut();
        long seen = 0;
        while (!Thread.currentThread().isInterrupted()) {
            for (CheckpointEvent event : subscriber.poll(POLL_TIMEOUT)) {
                out.println(json ? Printable.line(EventJson.line(event)) : text(event));
                seen++;
                if (out.checkError() || seen == count) {
                    return seen;
                }
            }
        }
        return seen;
    }

    private static String text(CheckpointEvent event) {
        Double loss = event.getTrainingLoss();
        StringBuilder text = new StringBuilder();
        text.append(
                String.format(
                        Locale.ROOT,
                        "%s  %s %s v%d  step %d  %,d images seen  loss %s",
                        TIME.format(event.getCreatedAt()),
                        Printable.line(event.getModel()),
                        event.getStatus(),
                        event.getVersion(),
                        event.getStep(),
                        event.getSamplesSeen(),
                        loss == null ? "–" : String.format(Locale.ROOT, "%.4f", loss)));
        event.getFiles()
                .forEach(
                        file ->
                                text.append(
                                        String.format(
                                                "%n    %s  %s",
                                                file.getRole(), Printable.line(file.getUri()))));
        return text.toString();
    }
}

package io.kiln.cli;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.OperationException;
import io.kiln.operations.deadletters.DeadLetterFilter;
import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.operations.deadletters.DeadLetters;
import io.kiln.operations.deadletters.Replay;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;

/** {@code kiln dlq}: dead letters. */
@Command(
        name = "dlq",
        synopsisSubcommandLabel = "list|show|replay",
        description = "Works on dead letters: images that could not be used, with the reason.",
        subcommands = {DlqCommand.ListLetters.class, DlqCommand.Show.class, DlqCommand.Send.class})
final class DlqCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "expected: kiln dlq list, kiln dlq show or kiln dlq replay");
    }

    private static KilnConfig load(ConfigOptions options) {
        KilnConfig config = options.load();
        Clients.requireTopics(config, List.of(config.topics().deadLetters()));
        return config;
    }

    /** {@code kiln dlq list}. */
    @Command(
            name = "list",
            description = "Lists dead letters, oldest first; the name of each is its offset.",
            footerHeading = "%nExamples:%n",
            footer = {
                "  kiln dlq list --since 1d",
                "  kiln dlq list --reason TRUNCATED --json | jq -r .source"
            })
    static final class ListLetters implements Runnable {
        @Spec private CommandSpec spec;
        @Mixin private ConfigOptions config;
        @Mixin private DeadLetterOptions filter;

        @Option(names = "--replayed", description = "also those that have been sent again")
        private boolean replayed;

        @Option(names = "--json", description = "an object a line")
        private boolean json;

        @Override
        public void run() {
            DeadLetterFilter meant = filter.filter(Set.of());
            KilnConfig kiln = load(config);
            List<DeadLetterRecord> letters;
            try (DeadLetters topic = new DeadLetters(kiln)) {
                letters =
                        topic.list(meant).stream()
                                .filter(letter -> replayed || !letter.replayed())
                                .toList();
            }
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                letters.forEach(letter -> out.println(DeadLetterListing.json(letter)));
            } else {
                out.println(DeadLetterListing.text(letters));
            }
            out.flush();
        }
    }

    /** {@code kiln dlq show}. */
    @Command(
            name = "show",
            description = "Says all about one dead letter, and saves its picture.",
            footerHeading = "%nExample:%n",
            footer = "  kiln dlq show 17 --save broken.jpg")
    static final class Show implements Runnable {
        @Spec private CommandSpec spec;
        @Mixin private ConfigOptions config;

        @Parameters(paramLabel = "OFFSET", description = "its name, as kiln dlq list tells it")
        private long offset;

        @Option(
                names = "--save",
                paramLabel = "FILE",
                description = "write the bytes of the picture to a new file")
        private @Nullable Path file;

        @Option(names = "--json", description = "one object")
        private boolean json;

        @Override
        public void run() {
            KilnConfig kiln = load(config);
            try (DeadLetters topic = new DeadLetters(kiln)) {
                DeadLetterRecord letter = topic.get(offset);
                if (file != null) {
                    save(topic, letter, file);
                }
                PrintWriter out = spec.commandLine().getOut();
                out.println(
                        json ? DeadLetterListing.json(letter) : DeadLetterListing.details(letter));
                out.flush();
            }
        }

        private static void save(DeadLetters topic, DeadLetterRecord letter, Path file) {
            byte[] picture =
                    topic.picture(letter)
                            .orElseThrow(
                                    () ->
                                            new OperationException(
                                                    "dead letter "
                                                            + letter.offset()
                                                            + " holds no picture; the record was "
                                                            + letter.origin()));
            try {
                Files.write(file, picture, java.nio.file.StandardOpenOption.CREATE_NEW);
            } catch (IOException e) {
                throw new OperationException(
                        "--save " + file + ": cannot be written (" + e + ")", e);
            }
        }
    }

    /** {@code kiln dlq replay}. */
    @Command(
            name = "replay",
            description = {
                "Sends dead letters to the images topic again, each once.",
                "For when what they failed for has changed: a limit, a format, the decoder. "
                        + "They keep key, value and identity, and are masked and trained on like "
                        + "any other image. Letters that were sent are marked and not sent "
                        + "again, however often this is run or killed."
            },
            exitCodeList = {
                "0:all that were meant have been sent",
                "1:some cannot be sent; the others have been",
                "2:wrong use or a mistake in the configuration"
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  kiln dlq replay --reason TOO_MANY_PIXELS --since 2d --dry-run",
                "  kiln dlq replay 17 18 23",
                "  kiln dlq replay --all"
            })
    static final class Send implements Callable<Integer> {
        @Spec private CommandSpec spec;
        @Mixin private ConfigOptions config;
        @Mixin private DeadLetterOptions filter;

        @Parameters(
                paramLabel = "OFFSET",
                arity = "0..*",
                description = "names of letters, as kiln dlq list tells them")
        private Set<Long> offsets = new HashSet<>();

        @Option(names = "--all", description = "all of them")
        private boolean all;

        @Option(names = "--dry-run", description = "say what would be sent, and send nothing")
        private boolean dryRun;

        @Option(names = "--json", description = "one object")
        private boolean json;

        @Override
        public Integer call() {
            DeadLetterFilter meant = filter.filter(offsets);
            if (all != meant.isAny()) {
                throw new ParameterException(
                        spec.commandLine(),
                        "expected which dead letters to send: OFFSETs, --reason, --source, --since,"
                                + " --until; or, without any of them, --all");
            }
            KilnConfig kiln = load(config);
            Clients.requireTopics(kiln, List.of(kiln.topics().images()));
            Replay replay = new Replay(kiln);
            Replay.Result result = dryRun ? replay.plan(meant) : replay.run(meant);
            PrintWriter out = spec.commandLine().getOut();
            out.println(
                    json
                            ? DeadLetterListing.json(result, dryRun)
                            : DeadLetterListing.text(result, dryRun));
            out.flush();
            return result.kept().isEmpty() ? ExitCode.OK : ExitCode.SOFTWARE;
        }
    }
}

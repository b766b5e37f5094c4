package io.kiln.cli;

import io.kiln.config.KilnConfig;
import io.kiln.config.TopicsConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.Grant;
import io.kiln.kafka.Part;
import io.kiln.operations.OperationException;
import io.kiln.operations.deadletters.DeadLetterFilter;
import io.kiln.operations.deadletters.DeadLetterRecord;
import io.kiln.operations.deadletters.DeadLetterReplay;
import io.kiln.operations.deadletters.DeadLetters;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln dlq}: lists, shows and replays dead letters. */
@Command(
        name = "dlq",
        synopsisSubcommandLabel = "list|show|replay",
        description =
                "Lists, shows and replays dead letters: images that could not be used, with the reason.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  kiln dlq list --config kiln.yaml",
            "  kiln dlq show 17 --config kiln.yaml --save broken.jpg"
        },
        subcommands = {
            DlqCommand.ListDeadLetters.class,
            DlqCommand.Show.class,
            DlqCommand.Replay.class
        })
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
            description = "Lists dead letters, oldest first. Their offsets identify them.",
            footerHeading = "%nExamples:%n",
            footer = {
                "  kiln dlq list --since 1d",
                "  kiln dlq list --reason TRUNCATED --json | jq -r .source"
            })
    static final class ListDeadLetters implements Runnable {
        @Spec private CommandSpec spec;
        @Mixin private ConfigOptions config;
        @Mixin private DeadLetterOptions filter;

        @Option(names = "--replayed", description = "include dead letters that have been replayed")
        private boolean replayed;

        @Option(names = "--json", description = "print one JSON object per line")
        private boolean json;

        @Override
        public void run() {
            DeadLetterFilter selected = filter.filter(Set.of());
            KilnConfig kiln = load(config);
            List<DeadLetterRecord> deadLetters;
            try (DeadLetters topic = new DeadLetters(kiln)) {
                deadLetters =
                        topic.list(selected).stream()
                                .filter(deadLetter -> replayed || !deadLetter.replayed())
                                .toList();
            }
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                deadLetters.forEach(deadLetter -> out.println(DeadLetterListing.json(deadLetter)));
            } else {
                out.println(DeadLetterListing.text(deadLetters));
            }
            out.flush();
        }
    }

    /** {@code kiln dlq show}. */
    @Command(
            name = "show",
            description = "Shows one dead letter and can save its image.",
            footerHeading = "%nExample:%n",
            footer = "  kiln dlq show 17 --save broken.jpg")
    static final class Show implements Runnable {
        @Spec private CommandSpec spec;
        @Mixin private ConfigOptions config;

        @Parameters(
                paramLabel = "OFFSET",
                description = "offset of the dead letter, as kiln dlq list prints it")
        private long offset;

        @Option(
                names = "--save",
                paramLabel = "FILE",
                description = "write the image to this file, which must not exist")
        private @Nullable Path file;

        @Option(names = "--json", description = "print one JSON object")
        private boolean json;

        @Override
        public void run() {
            KilnConfig kiln = load(config);
            try (DeadLetters topic = new DeadLetters(kiln)) {
                DeadLetterRecord deadLetter = topic.get(offset);
                if (file != null) {
                    save(topic, deadLetter, file);
                }
                PrintWriter out = spec.commandLine().getOut();
                out.println(
                        json
                                ? DeadLetterListing.json(deadLetter)
                                : DeadLetterListing.details(deadLetter));
                out.flush();
            }
        }

        private static void save(DeadLetters topic, DeadLetterRecord deadLetter, Path file) {
            byte[] image =
                    topic.image(deadLetter)
                            .orElseThrow(
                                    () ->
                                            new OperationException(
                                                    "dead letter "
                                                            + deadLetter.offset()
                                                            + " holds no image; its record is "
                                                            + deadLetter.origin()));
            try {
                Files.write(file, image, StandardOpenOption.CREATE_NEW);
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
                "Sends dead letters to the images topic again, each exactly once.",
                "Use it after changing what they failed on, such as a limit, a format or the"
                        + " decoder. The images keep their keys, values and identities, and are"
                        + " masked and trained on like any other image. Each replayed dead letter"
                        + " is marked in the same transaction, so it is never sent twice, even if"
                        + " this command is killed and run again."
            },
            exitCodeList = {
                "0:all selected dead letters have been sent",
                "1:some cannot be sent; all others have been sent",
                "2:wrong usage or an invalid configuration"
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  kiln dlq replay --reason TOO_MANY_PIXELS --since 2d --dry-run",
                "  kiln dlq replay 17 18 23",
                "  kiln dlq replay --all"
            })
    static final class Replay implements Callable<Integer> {
        @Spec private CommandSpec spec;
        @Mixin private ConfigOptions config;
        @Mixin private DeadLetterOptions filter;

        @Parameters(
                paramLabel = "OFFSET",
                arity = "0..*",
                description = "offsets of dead letters, as kiln dlq list prints them")
        private Set<Long> offsets = new HashSet<>();

        @Option(names = "--all", description = "all dead letters")
        private boolean all;

        @Option(names = "--dry-run", description = "print what would be sent, and send nothing")
        private boolean dryRun;

        @Option(names = "--json", description = "print one JSON object")
        private boolean json;

        @Override
        public Integer call() {
            DeadLetterFilter selected = filter.filter(offsets);
            if (all != selected.isAny()) {
                throw new ParameterException(
                        spec.commandLine(),
                        "select the dead letters to send with OFFSETs, --reason, --source, --since or"
                                + " --until; or, without any of them, with --all");
            }
            KilnConfig kiln = load(config);
            Clients.require(kiln, grants(kiln.topics()));
            DeadLetterReplay replay = new DeadLetterReplay(kiln);
            DeadLetterReplay.Result result = dryRun ? replay.plan(selected) : replay.run(selected);
            PrintWriter out = spec.commandLine().getOut();
            out.println(
                    json
                            ? DeadLetterListing.json(result, dryRun)
                            : DeadLetterListing.text(result, dryRun));
            out.flush();
            return result.kept().isEmpty() ? ExitCode.OK : ExitCode.SOFTWARE;
        }

        /** Of what the verbs that change something need: the topics read and written here. */
        private static List<Grant> grants(TopicsConfig topics) {
            return Part.CHANGING.grants(topics).stream()
                    .filter(
                            grant ->
                                    List.of(topics.images(), topics.deadLetters())
                                            .contains(grant.name()))
                    .toList();
        }
    }
}

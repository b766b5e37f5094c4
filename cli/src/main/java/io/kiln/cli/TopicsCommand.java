package io.kiln.cli;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnTopics;
import io.kiln.schemas.Topic;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kiln topics}: creates the topics. */
@Command(
        name = "topics",
        synopsisSubcommandLabel = "create",
        description = "Creates the topics that connect Kiln's parts.",
        footerHeading = "%nExample:%n",
        footer = "  kiln topics create --config kiln.yaml",
        subcommands = TopicsCommand.Create.class)
final class TopicsCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "expected: kiln topics create");
    }

    /** {@code kiln topics create}. */
    @Command(
            name = "create",
            description = {
                "Creates the missing topics and registers their schemas.",
                "Existing topics are left unchanged, so the command can be run repeatedly."
            },
            footerHeading = "%nExample:%n",
            footer = {
                "  kiln topics create --set kafka.bootstrapServers=broker:9092 \\",
                "      --set registry.url=http://registry:8081 --set topics.imagePartitions=16"
            })
    static final class Create implements Runnable {
        @Spec private CommandSpec spec;
        @Mixin private ConfigOptions options;

        @Override
        public void run() {
            KilnConfig config = options.load();
            List<String> created = KilnTopics.create(config);
            Table table = new Table("TOPIC", "PARTITIONS", "KEPT", "VALUES", "");
            for (Topic topic : KilnTopics.of(config.topics()).all()) {
                table.add(
                        topic.name(),
                        Integer.toString(topic.partitions()),
                        kept(topic.retention()),
                        topic.value() == null ? "original bytes" : topic.value().getName(),
                        created.contains(topic.name()) ? "created" : "exists");
            }
            PrintWriter out = spec.commandLine().getOut();
            out.print(table);
            out.flush();
        }

        private static String kept(@Nullable Duration retention) {
            if (retention == null) {
                return "forever";
            }
            return retention.toHours() < 48
                    ? retention.toMinutes() + " min"
                    : retention.toDays() + " days";
        }
    }
}

package io.kiln.cli;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.KilnTopics;
import io.kiln.kafka.TopicCleanup;
import io.kiln.schemas.Topic;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
                "Existing topics are left unchanged, so the command can be run repeatedly.",
                "A warning names each topic that keeps records for longer or shorter than configured."
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
            List<Topic> topics = KilnTopics.of(config.topics()).all();
            Map<String, TopicCleanup> found =
                    TopicCleanup.of(
                            config,
                            topics.stream()
                                    .map(Topic::name)
                                    .filter(topic -> !created.contains(topic))
                                    .toList());
            Table table = new Table("TOPIC", "PARTITIONS", "KEPT", "VALUES", "");
            List<String> warnings = new ArrayList<>();
            for (Topic topic : topics) {
                TopicCleanup configured = TopicCleanup.configured(topic);
                TopicCleanup cleanup = found.getOrDefault(topic.name(), configured);
                table.add(
                        topic.name(),
                        Integer.toString(topic.partitions()),
                        kept(cleanup),
                        topic.value() == null ? "original bytes" : topic.value().getName(),
                        created.contains(topic.name()) ? "created" : "exists");
                if (!cleanup.equals(configured)) {
                    warnings.add(warning(config, topic.name(), cleanup, configured));
                }
            }
            PrintWriter out = spec.commandLine().getOut();
            out.print(table);
            out.flush();
            PrintWriter err = spec.commandLine().getErr();
            warnings.forEach(warning -> err.println("kiln: " + warning));
            err.flush();
        }

        private static String kept(TopicCleanup cleanup) {
            String age = cleanup.age().map(Create::words).orElse("forever");
            return cleanup.compacts() ? age + ", compacted" : age;
        }

        private static String words(Duration age) {
            return age.toHours() < 48 ? age.toMinutes() + " min" : age.toDays() + " days";
        }

        /** An administrator may have meant it so: no reason to fail. */
        private static String warning(
                KilnConfig config, String topic, TopicCleanup is, TopicCleanup expected) {
            return String.format(
                    Locale.ROOT,
                    "topic %s exists with retention.ms=%d (%s) and cleanup.policy=%s, and is left so; the"
                            + " configuration says %s. To change the topic: kafka-configs.sh --bootstrap-server"
                            + " %s --alter --entity-type topics --entity-name %s --add-config"
                            + " cleanup.policy=%s,retention.ms=%d",
                    topic,
                    is.retentionMs(),
                    kept(is),
                    is.policy(),
                    kept(expected),
                    config.kafka().bootstrapServers(),
                    topic,
                    expected.policy(),
                    expected.retentionMs());
        }
    }
}

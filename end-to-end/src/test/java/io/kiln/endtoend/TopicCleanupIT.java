package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Grant;
import io.kiln.kafka.TopicCleanup;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.acl.AclOperation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whether a login may see how topics are configured. */
@Timeout(180)
class TopicCleanupIT {
    private static final List<String> TOPICS = List.of("seen", "hidden");

    @TempDir private Path folder;

    @Test
    void aTopicWhoseConfigurationIsDeniedIsAbsent() throws Exception {
        Certificates certificates = Certificates.make(folder, "key-password", "trust-password");
        try (SecureBroker broker = SecureBroker.start(folder.resolve("kafka"), certificates)) {
            KilnConfig looking = config(broker, certificates, "looking");
            broker.user("looking", "looking-password");
            broker.user("creating", "creating-password");
            for (String topic : TOPICS) {
                broker.allow("creating", List.of(Grant.topic(topic, AclOperation.CREATE)));
                broker.allow("looking", List.of(Grant.topic(topic, AclOperation.READ)));
            }
            create(config(broker, certificates, "creating"));
            assertThat(TopicCleanup.of(looking, TOPICS)).isEmpty();
            broker.allow("looking", List.of(Grant.topic("seen", AclOperation.DESCRIBE_CONFIGS)));
            assertThat(TopicCleanup.of(looking, TOPICS))
                    .isEqualTo(Map.of("seen", new TopicCleanup("delete", 5_000)));
        }
    }

    private static void create(KilnConfig config) throws Exception {
        try (Admin admin = Admin.create(Map.copyOf(config.kafka().clientProperties()))) {
            admin.createTopics(
                            TOPICS.stream()
                                    .map(
                                            topic ->
                                                    new NewTopic(topic, 1, (short) 1)
                                                            .configs(
                                                                    Map.of("retention.ms", "5000")))
                                    .toList())
                    .all()
                    .get();
        }
    }

    private static KilnConfig config(SecureBroker broker, Certificates certificates, String user) {
        return KilnConfig.parse(
                "",
                List.of(
                        "kafka.bootstrapServers=" + broker.bootstrapServers(),
                        "kafka.properties.security.protocol=SASL_SSL",
                        "kafka.properties.sasl.mechanism=SCRAM-SHA-256",
                        "kafka.properties.ssl.truststore.location=" + certificates.trustStore(),
                        "kafka.properties.ssl.truststore.password="
                                + certificates.trustStorePassword(),
                        "kafka.properties.sasl.jaas.config="
                                + "org.apache.kafka.common.security.scram.ScramLoginModule required"
                                + " username=\""
                                + user
                                + "\" password=\""
                                + user
                                + "-password\";"));
    }
}

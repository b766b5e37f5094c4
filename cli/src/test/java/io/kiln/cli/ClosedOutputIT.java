package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.kafka.KilnTopics;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.schemas.TestRecords;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Verbs that run until somebody ends them, after their reader has closed the pipe. */
@Timeout(120)
@ExtendWith(SharedServers.class)
class ClosedOutputIT {
    private List<String> settings;

    @BeforeEach
    void createTopics(LocalBroker broker, LocalRegistry registry) {
        settings = new ArrayList<>();
        settings.add("kafka.bootstrapServers=" + broker.bootstrapServers());
        settings.add("registry.url=" + registry.url());
        settings.add("flink.restUrl=http://127.0.0.1:1");
        for (String key :
                List.of("images", "deadLetters", "sparseBatches", "trainingSteps", "checkpoints")) {
            settings.add("topics." + key + "=closed-" + key);
        }
        KilnTopics.create(config());
    }

    private KilnConfig config() {
        return KilnConfig.parse("", settings);
    }

    private int run(String... verb) {
        OutputStream closed =
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        throw new IOException("Broken pipe");
                    }
                };
        List<String> arguments = new ArrayList<>(List.of(verb));
        settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
        StandardOutput output = new StandardOutput(closed);
        int code =
                Kiln.commandLine()
                        .setOut(output.writer())
                        .execute(arguments.toArray(String[]::new));
        return output.exitCode(code, Kiln.commandLine().getErr());
    }

    @Test
    void watchEndsWithTheNextEvent() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        Clients.properties(config()),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            producer.send(
                            TestRecords.record(
                                    Clients.registry(config()),
                                    config().topics().checkpoints(),
                                    TestRecords.event("tiny", "run", 1, 1).build()))
                    .get();
        }
        assertThat(run("watch", "--from-beginning")).isEqualTo(StandardOutput.CLOSED);
    }

    @Test
    void statusEndsWithItsNextLook() {
        assertThat(run("status", "--watch", "--json")).isEqualTo(1);
    }
}

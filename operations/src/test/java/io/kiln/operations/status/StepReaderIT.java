package io.kiln.operations.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.OwnTopics;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TestServers;
import io.kiln.schemas.TopicReader;
import io.kiln.schemas.TrainingStep;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class StepReaderIT {
    private static final String RUN = "run";

    private final KilnConfig config =
            OwnTopics.create("topics.trainers=3", "training.runId=" + RUN, "model.name=tiny");

    @Test
    void aTrainerThatIsBehindByALongRoundHasSeenItsImagesAllTheSame() throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        TestServers.kafka(),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            send(producer, 2, 1);
            for (long step = 1; step <= 105; step++) {
                send(producer, 0, step);
                send(producer, 1, step);
            }
        }
        try (TopicReader reader = Clients.reader(config)) {
            LearningReading learning =
                    new StepReader(config, reader).learning(Instant.now()).orElseThrow();
            assertThat(learning.step()).isEqualTo(105);
            assertThat(learning.samplesSeen()).isEqualTo(32 * (105 + 105 + 1));
        }
    }

    private void send(KafkaProducer<byte[], byte[]> producer, int trainer, long step)
            throws Exception {
        String topic = config.topics().trainingSteps();
        TrainingStep taken = TestRecords.step(RUN, step).setBatchPartition(trainer).build();
        byte[] value =
                new RecordSerializer<TrainingStep>(Clients.registry(config))
                        .serialize(topic, taken);
        producer.send(new ProducerRecord<>(topic, RUN.getBytes(StandardCharsets.UTF_8), value))
                .get();
    }
}

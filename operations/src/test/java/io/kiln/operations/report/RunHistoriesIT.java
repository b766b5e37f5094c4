package io.kiln.operations.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.operations.OperationException;
import io.kiln.operations.OwnTopics;
import io.kiln.operations.checkpoints.RunName;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TestServers;
import io.kiln.schemas.TrainingStep;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class RunHistoriesIT {
    @TempDir private Path copies;

    private KilnConfig config = OwnTopics.create();

    @Test
    void oneRunThatThereIsNotIsRefusedBesideOthers() throws Exception {
        send(TestRecords.step("run-1", 1).build());
        RunName there = new RunName("tiny", "run-1");
        try (RunHistories histories = new RunHistories(config, List.of(there), copies)) {
            assertThat(histories.read().runs()).extracting(RunHistory::step).containsExactly(1L);
        }
        List<RunName> names = List.of(there, new RunName("tiny", "run-2"));
        try (RunHistories histories = new RunHistories(config, names, copies)) {
            assertThatExceptionOfType(OperationException.class)
                    .isThrownBy(histories::read)
                    .withMessage(
                            "there is no run tiny/run-2; the runs that took steps are tiny/run-1");
        }
    }

    /** Whatever is configured for the run that is configured. */
    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void eachRunHasItsOwnNumberOfTrainers(int trainers) throws Exception {
        config = OwnTopics.create("topics.trainers=" + trainers);
        List<RunName> names =
                List.of(new RunName("tiny", "of-one"), new RunName("tiny", "of-four"));
        try (RunHistories histories = new RunHistories(config, names, copies)) {
            for (int batch = 0; batch < 8; batch++) {
                send(step("of-one", 1 + batch, batch));
                send(step("of-four", 1 + batch / 4, batch));
                if (batch == 0) {
                    histories.read(); // four trainers look like one so far
                }
            }
            List<RunHistory> runs = histories.read().runs();
            assertThat(runs).extracting(RunHistory::trainers).containsExactly(1, 4);
            assertThat(runs).extracting(RunHistory::samplesSeen).containsExactly(8L * 32, 8L * 32);
            assertThat(runs).allSatisfy(run -> assertThat(run.interruptions()).isEmpty());
        }
    }

    /** On the next batch of four partitions in turn. */
    private static TrainingStep step(String run, long step, int batch) {
        return TestRecords.step(run, step)
                .setBatchPartition(batch % 4)
                .setBatchOffset(batch / 4)
                .build();
    }

    private void send(TrainingStep step) throws Exception {
        String topic = config.topics().trainingSteps();
        byte[] value =
                new RecordSerializer<TrainingStep>(Clients.registry(config)).serialize(topic, step);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        TestServers.kafka(),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(topic, value)).get();
        }
    }
}

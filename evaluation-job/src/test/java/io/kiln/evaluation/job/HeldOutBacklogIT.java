package io.kiln.evaluation.job;

import static io.kiln.evaluation.job.EvaluationRuns.hold;
import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.evaluation.images.TestImages;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.TestServers;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Versions and images that come after a start, one by one, with a real broker. */
@Timeout(300)
class HeldOutBacklogIT {
    private static final int IMAGES = 40;

    @TempDir static Path directory;

    private EvaluationRuns runs;
    private KilnConfig config;
    private TrainedVersions versions;
    private KeyedTwoInputStreamOperatorTestHarness<
                    String, KafkaInput, KafkaInput, EvaluationMessage>
            harness;

    @BeforeEach
    void start() throws Exception {
        runs = new EvaluationRuns(directory);
        config = runs.run("held");
        versions = new TrainedVersions(config);
        hold(config, 0, IMAGES);
        open(null);
    }

    @AfterEach
    void stop() throws Exception {
        harness.close();
        versions.close();
        runs.close();
    }

    private void open(OperatorSubtaskState state) throws Exception {
        harness = EvaluationRuns.open(config, state);
    }

    private void reads(CheckpointEvent event) throws Exception {
        harness.processElement1(EvaluationRuns.record(config.topics().checkpoints(), 0, event));
    }

    private void readsImages(int from, int to) throws Exception {
        for (int i = from; i < to; i++) {
            harness.processElement2(
                    EvaluationRuns.record(config.topics().holdout(), i, TestImages.one(i)));
        }
    }

    private void waits(int seconds) throws Exception {
        for (int i = 0; i < seconds; i++) {
            harness.setProcessingTime(harness.getProcessingTime() + 1000);
        }
    }

    private List<Long> images() {
        RecordDeserializer<Evaluation> deserializer =
                new RecordDeserializer<>(TestServers.registry(), Evaluation.class);
        return harness.extractOutputValues().stream()
                .map(one -> deserializer.read(one.value()).getDrift().getImages())
                .toList();
    }

    @Test
    void aVersionWaitsForTheImagesThatWereThereBeforeAndAfterARestore() throws Exception {
        reads(versions.next(1));
        readsImages(0, 10);
        waits(20);
        readsImages(10, 20);
        waits(20);
        assertThat(images()).isEmpty();
        OperatorSubtaskState state = harness.snapshot(1, 0);
        harness.close();
        open(state);
        waits(20);
        assertThat(images()).isEmpty();
        readsImages(20, IMAGES);
        waits(40);
        assertThat(images()).containsExactly((long) IMAGES);

        state = harness.snapshot(2, 0);
        harness.close();
        open(state);
        reads(versions.next(1));
        waits(25);
        assertThat(images()).as("there is nothing to wait for").containsExactly((long) IMAGES);
    }

    @Test
    void aVersionDoesNotWaitForEverForImagesThatDoNotCome() throws Exception {
        readsImages(0, 10);
        reads(versions.next(1));
        waits(25);
        assertThat(images()).isEmpty();
        waits(60);
        assertThat(images()).containsExactly(10L);
    }

    @Test
    void aVersionDoesNotWaitForImagesWhoseTransactionWasAborted() throws Exception {
        harness.close();
        abort(IMAGES);
        open(null);
        reads(versions.next(1));
        readsImages(0, IMAGES - 1);
        waits(20);
        assertThat(images()).as("one image is missing").isEmpty();
        readsImages(IMAGES - 1, IMAGES);
        waits(20);
        assertThat(images()).containsExactly((long) IMAGES);
    }

    /** Sends images that readers of committed records never see. */
    private void abort(int images) throws Exception {
        Map<String, Object> kafka = new HashMap<>(TestServers.kafka());
        kafka.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "aborting");
        String topic = config.topics().holdout();
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(kafka, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            for (int i = 0; i < images; i++) {
                producer.send(new ProducerRecord<>(topic, 0, null, new byte[] {1}));
            }
            producer.flush();
            producer.abortTransaction();
        }
    }
}

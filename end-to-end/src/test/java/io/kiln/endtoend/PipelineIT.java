package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.config.KilnConfig;
import io.kiln.demo.EmbeddedFlink;
import io.kiln.images.TestImages;
import io.kiln.ingest.ImageProducer;
import io.kiln.ingest.Ingest;
import io.kiln.ingest.IngestOptions;
import io.kiln.ingest.IngestSummary;
import io.kiln.ingest.PathSource;
import io.kiln.kafka.Clients;
import io.kiln.kafka.KilnTopics;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.masking.job.MaskingJob;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.DeadLetterHeaders;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.OffsetRange;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TrainingStep;
import io.kiln.training.job.TrainingJob;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Images go in, a checkpoint comes out: real broker, real registry, real Flink, real libtorch. */
@ExtendWith(SharedServers.class)
class PipelineIT {
    private static final int FILES = 20;
    private static final int TRUNCATED = 7;
    private static final byte[] GARBAGE = {0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7};

    @TempDir private Path folder;

    @Test
    void everyImageIsInOneBatchOrADeadLetterAndAnAuditFindsWhatIsPlanted(
            LocalBroker broker, LocalRegistry registry) throws Exception {
        KilnConfig config = SmallRun.config(broker, registry, folder, "pipeline");
        try (EmbeddedFlink flink =
                EmbeddedFlink.start(folder.resolve("flink"), folder.resolve("flink.log"), "0", 2)) {
            assertThat(KilnTopics.create(config)).hasSize(7);
            send(config);
            JobID masking = flink.submit(MaskingJob.NAME, env -> MaskingJob.define(env, config));
            JobID training = flink.submit(TrainingJob.NAME, env -> TrainingJob.define(env, config));
            Map<String, byte[]> images = images(config);
            List<String> dead = requireDeadLetters(config, images);
            requireEachOtherImageOnce(config, images, dead);
            requireSteps(config, images.size() - dead.size());
            flink.drain(masking).get(60, TimeUnit.SECONDS);
            flink.drain(training).get(60, TimeUnit.SECONDS);
            requireLastCheckpoint(config, images.size() - dead.size());
            new PlantedFaults(config).requireEachFound();
        }
    }

    /**
     * Sends files, one of them truncated; garbage; an image of an older and one of a newer writer.
     */
    private void send(KilnConfig config) throws Exception {
        Path pictures = folder.resolve("pictures");
        TestImages.writeJpegs(pictures, FILES);
        Files.write(pictures.resolve("007.jpg"), TestImages.truncatedJpeg(80, TRUNCATED));
        Files.writeString(pictures.resolve("readme.txt"), "not a picture");
        try (ImageProducer producer = ImageProducer.open(config)) {
            IngestSummary summary =
                    new Ingest(producer, IngestOptions.of(config.ingest()))
                            .run(List.of(PathSource.of(pictures)), new NoListener());
            assertThat(summary.sent()).isEqualTo(FILES);
            assertThat(summary.refusedCount()).isEqualTo(1);
        }
        try (KafkaProducer<byte[], byte[]> producer = TestClients.producer(config)) {
            String topic = config.topics().images();
            producer.send(new ProducerRecord<>(topic, bytes("garbage"), GARBAGE)).get();
            producer.send(
                            new ProducerRecord<>(
                                    topic, bytes("older"), OtherWriters.older(config, 100)))
                    .get();
            producer.send(
                            new ProducerRecord<>(
                                    topic, bytes("newer"), OtherWriters.newer(config, 101)))
                    .get();
        }
    }

    /** The records of the images topic, by partition and offset. */
    private static Map<String, byte[]> images(KilnConfig config) {
        try (TopicFollower<ConsumerRecord<byte[], byte[]>> follower =
                TopicFollower.of(config, config.topics().images(), 2)) {
            Map<String, byte[]> images = new HashMap<>();
            follower.await(records -> records.size() == FILES + 3)
                    .forEach(r -> images.put(place(r.partition(), r.offset()), r.value()));
            return images;
        }
    }

    private static List<String> requireDeadLetters(KilnConfig config, Map<String, byte[]> images) {
        try (TopicFollower<ConsumerRecord<byte[], byte[]>> follower =
                TopicFollower.of(config, config.topics().deadLetters(), 1)) {
            List<String> places = new ArrayList<>();
            List<String> reasons = new ArrayList<>();
            for (ConsumerRecord<byte[], byte[]> letter :
                    follower.await(records -> records.size() >= 2)) {
                String place =
                        header(letter, DeadLetterHeaders.PARTITION)
                                + "@"
                                + header(letter, DeadLetterHeaders.OFFSET);
                places.add(place);
                reasons.add(header(letter, DeadLetterHeaders.REASON));
                assertThat(letter.value()).as("bytes of " + place).isEqualTo(images.get(place));
            }
            assertThat(reasons).containsExactlyInAnyOrder("TRUNCATED", "NOT_A_RECORD");
            return places;
        }
    }

    private static void requireEachOtherImageOnce(
            KilnConfig config, Map<String, byte[]> images, List<String> dead) {
        RecordDeserializer<SparseBatch> batches =
                new RecordDeserializer<>(Clients.registry(config), SparseBatch.class);
        try (TopicFollower<ConsumerRecord<byte[], byte[]>> follower =
                TopicFollower.of(config, config.topics().sparseBatches(), 1)) {
            List<String> seen =
                    places(
                            follower.await(r -> places(r, batches).size() >= images.size() - 2),
                            batches);
            assertThat(seen).doesNotHaveDuplicates().doesNotContainAnyElementsOf(dead);
            assertThat(Stream.concat(seen.stream(), dead.stream()))
                    .containsExactlyInAnyOrderElementsOf(images.keySet());
        }
    }

    private static List<String> places(
            List<ConsumerRecord<byte[], byte[]>> records, RecordDeserializer<SparseBatch> batches) {
        List<String> places = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            for (ImageOrigin origin : batches.read(record.value()).getImages()) {
                places.add(place(origin.getPartition(), origin.getOffset()));
            }
        }
        return places;
    }

    private static void requireSteps(KilnConfig config, int images) {
        RecordDeserializer<TrainingStep> steps =
                new RecordDeserializer<>(Clients.registry(config), TrainingStep.class);
        try (TopicFollower<ConsumerRecord<byte[], byte[]>> follower =
                TopicFollower.of(config, config.topics().trainingSteps(), 1)) {
            List<TrainingStep> taken =
                    follower
                            .await(
                                    records ->
                                            records.stream()
                                                            .mapToInt(
                                                                    r ->
                                                                            steps.read(r.value())
                                                                                    .getImages())
                                                            .sum()
                                                    >= images)
                            .stream()
                            .map(r -> steps.read(r.value()))
                            .toList();
            assertThat(taken.stream().mapToInt(TrainingStep::getImages).sum()).isEqualTo(images);
            for (int i = 0; i < taken.size(); i++) {
                assertThat(taken.get(i).getStep()).isEqualTo(i + 1);
                assertThat(taken.get(i).getSkipped()).isFalse();
                assertThat(taken.get(i).getLoss()).isBetween(0.1, 10.0);
            }
            assertThat(taken.get(taken.size() - 1).getSamplesSeen()).isEqualTo(images);
        }
    }

    private void requireLastCheckpoint(KilnConfig config, int images) throws Exception {
        try (CheckpointSubscriber subscriber = TestClients.subscriber(config)) {
            List<CheckpointEvent> events = new ArrayList<>();
            while (events.isEmpty() || events.get(events.size() - 1).getSamplesSeen() < images) {
                List<CheckpointEvent> more = subscriber.poll(Duration.ofSeconds(20));
                assertThat(more).as("events after " + events.size()).isNotEmpty();
                events.addAll(more);
            }
            for (int i = 0; i < events.size(); i++) {
                assertThat(events.get(i).getVersion()).isEqualTo(i + 1L);
            }
            CheckpointEvent last = events.get(events.size() - 1);
            assertThat(last.getSamplesSeen()).isEqualTo(images);
            assertThat(last.getOffsets().stream().map(OffsetRange::getTopic))
                    .containsExactlyInAnyOrder(
                            config.topics().images(),
                            config.topics().images(),
                            config.topics().sparseBatches());
            requireEncoder(last);
        }
    }

    private void requireEncoder(CheckpointEvent event) throws Exception {
        Path encoder =
                CheckpointSubscriber.fetch(event, FileRole.ENCODER, folder.resolve("fetched"));
        byte[] bytes = Files.readAllBytes(encoder);
        String sha256 =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        CheckpointFile file =
                event.getFiles().stream()
                        .filter(f -> f.getRole() == FileRole.ENCODER)
                        .findFirst()
                        .orElseThrow();
        assertThat(file.getSha256()).isEqualTo(sha256);
        int headerBytes = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        JsonNode header =
                new ObjectMapper()
                        .readTree(new String(bytes, 8, headerBytes, StandardCharsets.UTF_8));
        // published stems have timm's 64 channels
        assertThat(header.path("conv1.weight").path("shape").toString()).isEqualTo("[64,3,7,7]");
    }

    private static String place(int partition, long offset) {
        return partition + "@" + offset;
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.checkpoints.CheckpointSubscriber;
import io.kiln.config.KilnConfig;
import io.kiln.demo.EmbeddedFlink;
import io.kiln.images.TestImages;
import io.kiln.kafka.Clients;
import io.kiln.kafka.KilnJob;
import io.kiln.kafka.KilnTopics;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.masking.job.MaskingJob;
import io.kiln.operations.audit.Audit;
import io.kiln.operations.audit.AuditReport;
import io.kiln.operations.audit.Finding;
import io.kiln.operations.audit.Finding.Kind;
import io.kiln.operations.deadletters.DeadLetterFilter;
import io.kiln.operations.deadletters.DeadLetters;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.DeadLetterHeaders;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TrainingStep;
import io.kiln.training.job.TrainingJob;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Both jobs over topics that hold each kind of record that Kiln did not write: before they start,
 * while they run, and when they go on from a checkpoint. The run goes on as if nothing had been
 * there, and each record is told.
 */
@Timeout(420)
@ExtendWith(SharedServers.class)
class PollutedTopicsIT {
    private static final int IMAGES = 8;

    @TempDir private Path folder;

    private KilnConfig config;
    private Pollution pollution;
    private int sent;

    @Test
    void runGoesOnAndEachForeignRecordIsToldInEachTopic(LocalBroker broker, LocalRegistry registry)
            throws Exception {
        config =
                SmallRun.config(
                        broker,
                        registry,
                        folder,
                        "polluted",
                        "topics.imagePartitions=1",
                        "registry.connectTimeout=5s",
                        "flink.restartAttempts=0");
        KilnTopics.create(config);
        pollution = new Pollution(config);
        pollution.send();
        sendImages();
        List<JobID> jobs;
        try (EmbeddedFlink flink = flink("first")) {
            jobs = submit(flink, Optional.empty(), Optional.empty());
            requireTrained(flink, jobs);
            pollution.send();
            sendImages();
            requireTrained(flink, jobs);
        }
        pollution.send();
        try (EmbeddedFlink flink = flink("second")) {
            jobs =
                    submit(
                            flink,
                            Optional.of(lastCheckpoint(KilnJob.MASKING, jobs.get(0))),
                            Optional.of(lastCheckpoint(KilnJob.TRAINING, jobs.get(1))));
            sendImages();
            requireTrained(flink, jobs);
            flink.drain(jobs.get(0)).get(60, TimeUnit.SECONDS);
            flink.drain(jobs.get(1)).get(60, TimeUnit.SECONDS);
        }
        requireDeadLetters();
        requireEachImageOnce();
        requireSkippedSteps();
        requireSubscriberSeesTheVersionsAlone();
        requireToldByTheAudit();
    }

    private EmbeddedFlink flink(String name) {
        return EmbeddedFlink.start(folder.resolve(name), folder.resolve(name + ".log"), "0", 2);
    }

    private List<JobID> submit(
            EmbeddedFlink flink, Optional<String> masking, Optional<String> training) {
        return List.of(
                flink.submit(
                        MaskingJob.NAME,
                        env -> {
                            MaskingJob.define(env, config);
                            masking.ifPresent(from -> restore(env, from));
                        }),
                flink.submit(
                        TrainingJob.NAME,
                        env -> {
                            TrainingJob.define(env, config);
                            training.ifPresent(from -> restore(env, from));
                        }));
    }

    private static void restore(StreamExecutionEnvironment env, String from) {
        env.configure(new Configuration().set(StateRecoveryOptions.SAVEPOINT_PATH, from));
    }

    private String lastCheckpoint(KilnJob kind, JobID job) throws IOException {
        Path checkpoints = folder.resolve("checkpoints").resolve(kind.folder(config));
        try (Stream<Path> files = Files.list(checkpoints.resolve("" + job))) {
            return files.filter(path -> Files.exists(path.resolve("_metadata")))
                    .max(Comparator.comparingInt(PollutedTopicsIT::number))
                    .orElseThrow()
                    .toUri()
                    .toString();
        }
    }

    private static int number(Path checkpoint) {
        return Integer.parseInt(checkpoint.getFileName().toString().substring("chk-".length()));
    }

    private void sendImages() throws Exception {
        String topic = config.topics().images();
        RecordSerializer<ImageRecord> serializer = new RecordSerializer<>(Clients.registry(config));
        try (KafkaProducer<byte[], byte[]> producer = TestClients.producer(config)) {
            for (int i = 0; i < IMAGES; i++, sent++) {
                ImageRecord image =
                        new ImageRecord(
                                "image-" + sent,
                                "test:" + sent,
                                "image/jpeg",
                                ByteBuffer.wrap(TestImages.encoded("jpg", 80, sent)),
                                null,
                                Map.of());
                producer.send(
                                new ProducerRecord<>(
                                        topic, 0, null, serializer.serialize(topic, image)))
                        .get();
            }
        }
    }

    /** Waits until all images sent are trained on, and all foreign batches are skipped. */
    private void requireTrained(EmbeddedFlink flink, List<JobID> jobs) {
        try (TopicFollower<ConsumerRecord<byte[], byte[]>> follower =
                TopicFollower.of(config, config.topics().trainingSteps(), 1)) {
            follower.await(
                    "steps",
                    Duration.ofMinutes(2),
                    records -> {
                        jobs.forEach(job -> assertThat(flink.failure(job)).isEmpty());
                        List<TrainingStep> steps = steps(records);
                        return steps.stream().mapToInt(TrainingStep::getImages).sum() == sent
                                && steps.stream().filter(TrainingStep::getSkipped).count()
                                        == pollution.in(config.topics().sparseBatches()).size();
                    });
        }
    }

    private List<TrainingStep> steps(List<ConsumerRecord<byte[], byte[]>> records) {
        return own(TrainingStep.class, config.topics().trainingSteps(), records);
    }

    /** The records that nobody else wrote. */
    private <T extends SpecificRecord> List<T> own(
            Class<T> type, String topic, List<ConsumerRecord<byte[], byte[]>> records) {
        RecordDeserializer<T> reader = new RecordDeserializer<>(Clients.registry(config), type);
        return records.stream()
                .filter(record -> !pollution.in(topic).containsKey(record.offset()))
                .map(record -> reader.read(record.value()))
                .toList();
    }

    private List<ConsumerRecord<byte[], byte[]>> all(String topic) {
        try (TopicFollower<ConsumerRecord<byte[], byte[]>> follower =
                TopicFollower.of(config, topic, 1)) {
            return follower.all();
        }
    }

    /** One for each foreign record of images, with its bytes. */
    private void requireDeadLetters() {
        String topic = config.topics().deadLetters();
        Map<Long, byte[]> foreign = pollution.in(config.topics().images());
        List<ConsumerRecord<byte[], byte[]>> letters =
                all(topic).stream()
                        .filter(letter -> !pollution.in(topic).containsKey(letter.offset()))
                        .toList();
        assertThat(letters).hasSameSizeAs(foreign.keySet());
        for (ConsumerRecord<byte[], byte[]> letter : letters) {
            long offset = Long.parseLong(header(letter, DeadLetterHeaders.OFFSET));
            assertThat(letter.value() == null ? new byte[0] : letter.value())
                    .as("bytes of offset %d", offset)
                    .isEqualTo(foreign.get(offset));
        }
        assertThat(letters.stream().map(l -> header(l, DeadLetterHeaders.REASON)))
                .containsOnly("NOT_A_RECORD");
        try (DeadLetters verb = new DeadLetters(config)) {
            assertThat(verb.list(DeadLetterFilter.any())).hasSameSizeAs(letters);
        }
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    private void requireEachImageOnce() {
        String topic = config.topics().sparseBatches();
        assertThat(
                        own(SparseBatch.class, topic, all(topic)).stream()
                                .flatMap(batch -> batch.getImages().stream())
                                .map(image -> image.getImageId()))
                .hasSize(3 * IMAGES)
                .doesNotHaveDuplicates();
    }

    private void requireSkippedSteps() {
        List<TrainingStep> steps = steps(all(config.topics().trainingSteps()));
        List<TrainingStep> skipped = steps.stream().filter(TrainingStep::getSkipped).toList();
        assertThat(skipped)
                .extracting(TrainingStep::getBatchOffset)
                .containsExactlyInAnyOrderElementsOf(
                        pollution.in(config.topics().sparseBatches()).keySet());
        assertThat(skipped).allMatch(step -> !step.getSkipReason().isBlank());
        List<Long> taken =
                steps.stream()
                        .filter(step -> !step.getSkipped())
                        .map(TrainingStep::getStep)
                        .toList();
        for (int i = 0; i < taken.size(); i++) {
            assertThat(taken.get(i)).isEqualTo(i + 1L);
        }
    }

    private void requireSubscriberSeesTheVersionsAlone() {
        int events = all(config.topics().checkpoints()).size();
        int foreign = pollution.in(config.topics().checkpoints()).size();
        List<CheckpointEvent> seen = new ArrayList<>();
        try (CheckpointSubscriber subscriber = TestClients.subscriber(config)) {
            while (seen.size() < events - foreign) {
                List<CheckpointEvent> more = subscriber.poll(Duration.ofSeconds(20));
                assertThat(more).as("events after %d of %d", seen.size(), events).isNotEmpty();
                seen.addAll(more);
            }
            subscriber.poll(Duration.ofSeconds(1));
            assertThat(subscriber.passedOver()).isEqualTo(foreign);
        }
        for (int i = 0; i < seen.size(); i++) {
            assertThat(seen.get(i).getVersion()).isEqualTo(i + 1L);
        }
        assertThat(seen.get(seen.size() - 1).getSamplesSeen()).isEqualTo(sent);
    }

    private void requireToldByTheAudit() {
        AuditReport report = Audit.of(config, new Audit.Options(true, true));
        assertThat(places(report, Kind.SKIPPED))
                .containsExactlyInAnyOrderElementsOf(foreign(config.topics().sparseBatches()));
        Set<String> unexplained = new TreeSet<>();
        for (String topic :
                List.of(
                        config.topics().sparseBatches(),
                        config.topics().trainingSteps(),
                        config.topics().checkpoints(),
                        config.topics().deadLetters())) {
            unexplained.addAll(foreign(topic));
        }
        assertThat(new TreeSet<>(places(report, Kind.UNEXPLAINED))).isEqualTo(unexplained);
        assertThat(report.counts()).containsOnlyKeys(Kind.SKIPPED, Kind.UNEXPLAINED);
        assertThat(report.imageViews()).isEqualTo(sent);
        assertThat(report.imagesPending()).isZero();
    }

    private static List<String> places(AuditReport report, Kind kind) {
        return report.findings().stream()
                .filter(finding -> finding.kind() == kind)
                .map(Finding::place)
                .toList();
    }

    private Set<String> foreign(String topic) {
        return pollution.in(topic).keySet().stream()
                .map(offset -> topic + "/0@" + offset)
                .collect(Collectors.toSet());
    }
}

package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.demo.EmbeddedFlink;
import io.kiln.images.TestImages;
import io.kiln.kafka.Clients;
import io.kiln.kafka.KilnTopics;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.masking.job.MaskingJob;
import io.kiln.training.job.TrainingJob;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a running job wants to read next is not there: the job ends for good, without one restart
 * after another, and its message says why. Both jobs, on a broker that loses records.
 */
@Timeout(300)
@ExtendWith(SharedServers.class)
class MissingRecordsIT {
    private static final int READ = 12;
    private static final int BATCH = 4;
    private static final Duration TIMEOUT = Duration.ofMinutes(3);

    @TempDir private static Path folder;

    private static LocalBroker broker;
    private static LocalRegistry registry;
    private static EmbeddedFlink flink;
    private static List<byte[]> batches;

    /** The job under test. */
    private enum Job {
        MASKING,
        TRAINING;

        String topic(KilnConfig config) {
            return this == MASKING ? config.topics().images() : config.topics().sparseBatches();
        }

        byte[] record(int number) {
            return this == MASKING
                    ? TestImages.encoded("jpg", 80, number)
                    : batches.get(number % READ);
        }

        JobID submit(KilnConfig config) {
            return this == MASKING
                    ? flink.submit(MaskingJob.NAME, env -> MaskingJob.define(env, config))
                    : flink.submit(TrainingJob.NAME, env -> TrainingJob.define(env, config));
        }

        /** What the job has published; it has read all records once that is complete. */
        TopicFollower<ConsumerRecord<byte[], byte[]>> results(KilnConfig config) {
            return TopicFollower.of(
                    config,
                    this == MASKING
                            ? config.topics().sparseBatches()
                            : config.topics().trainingSteps(),
                    1);
        }

        String advice() {
            return this == MASKING
                    ? "with another topics.sparseBatches"
                    : "with the last version's weights (training.init.weights)";
        }

        int resultsOf(int records) {
            return this == MASKING ? records / BATCH : records;
        }
    }

    /** What happens to the topic that the job reads. */
    private enum Damage {
        DELETED_BEFORE_IT_WAS_READ {
            @Override
            void happens(Job job, KilnConfig config) throws Exception {
                deleteWhatIsHidden(job, config);
            }
        },
        LOST_BY_THE_BROKER {
            @Override
            void happens(Job job, KilnConfig config) throws Exception {
                loseHalf(job.topic(config));
            }
        },
        MADE_AGAIN_WITH_FEWER_RECORDS {
            @Override
            void happens(Job job, KilnConfig config) throws Exception {
                makeAgain(job.topic(config), config);
                send(job, config, 3);
            }
        },
        MADE_AGAIN_WITH_MORE_RECORDS {
            @Override
            void happens(Job job, KilnConfig config) throws Exception {
                makeAgain(job.topic(config), config);
                send(job, config, READ + 2 * BATCH);
            }
        };

        abstract void happens(Job job, KilnConfig config) throws Exception;

        String[] words(String topic) {
            return switch (this) {
                case DELETED_BEFORE_IT_WAS_READ ->
                        new String[] {
                            topic + " partition 0 holds offsets 16 to ",
                            "continues at offset 12",
                            "The records from 12 to 15 were deleted before they were read",
                            "retention.ms of the topic"
                        };
                case LOST_BY_THE_BROKER ->
                        new String[] {
                            topic + " partition 0 holds offsets 0 to ",
                            "continues at offset 12",
                            "The broker has lost the records from ",
                            " to 11, which this job has read"
                        };
                default ->
                        new String[] {"topic " + topic + " is not the one that this job's state"};
            };
        }
    }

    @BeforeAll
    static void start(LocalRegistry shared) throws Exception {
        broker = LocalBroker.start(folder.resolve("broker"));
        registry = shared;
        flink = EmbeddedFlink.start(folder.resolve("flink"), folder.resolve("flink.log"), "0", 4);
        KilnConfig config = config("source-of-batches");
        KilnTopics.create(config);
        send(Job.MASKING, config, READ * BATCH);
        JobID masking = Job.MASKING.submit(config);
        batches = new ArrayList<>();
        try (var results = Job.MASKING.results(config)) {
            results.await(found -> found.size() == READ).forEach(b -> batches.add(b.value()));
        }
        flink.drain(masking).get(60, TimeUnit.SECONDS);
    }

    @AfterAll
    static void stop() {
        flink.close();
        broker.close();
    }

    private static KilnConfig config(String name) {
        return SmallRun.config(
                broker,
                registry,
                folder.resolve(name),
                name,
                "topics.imageFormat=raw",
                "topics.imagePartitions=1",
                "masking.flushAfter=1h", // the number of batches does not depend on the time
                "flink.restartAttempts=1000",
                "flink.restartDelay=200ms");
    }

    private static Stream<Arguments> each() {
        return Arrays.stream(Job.values())
                .flatMap(job -> Arrays.stream(Damage.values()).map(d -> Arguments.of(job, d)));
    }

    @ParameterizedTest
    @MethodSource("each")
    void jobEndsForGoodSaysWhyAndPublishesNothingMore(Job job, Damage damage) throws Exception {
        KilnConfig config = config(job.name().toLowerCase(Locale.ROOT) + "-" + damage.ordinal());
        KilnTopics.create(config);
        send(job, config, READ);
        JobID running = job.submit(config);
        try (var results = job.results(config)) {
            results.await(found -> found.size() == job.resultsOf(READ));
            damage.happens(job, config);
            String end =
                    Awaitility.await("the end of the job")
                            .atMost(TIMEOUT)
                            .until(() -> flink.failure(running), Optional::isPresent)
                            .orElseThrow();
            assertThat(end).contains(damage.words(job.topic(config)));
            assertThat(end).contains(job.advice());
            assertThat(results.all()).hasSize(job.resultsOf(READ));
        }
    }

    private static void send(Job job, KilnConfig config, int records) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = TestClients.producer(config)) {
            for (int i = 0; i < records; i++) {
                producer.send(new ProducerRecord<>(job.topic(config), 0, null, job.record(i)))
                        .get();
            }
        }
    }

    /**
     * Sends records in a transaction that stays open, so that the job waits in front of them, and
     * deletes the first of them.
     */
    private static void deleteWhatIsHidden(Job job, KilnConfig config) throws Exception {
        String topic = job.topic(config);
        Map<String, Object> properties = Clients.properties(config);
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "hidden-" + topic);
        try (KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(
                                properties, new ByteArraySerializer(), new ByteArraySerializer());
                Admin admin = Admin.create(Clients.properties(config))) {
            producer.initTransactions();
            producer.beginTransaction();
            for (int i = READ; i < READ + 2 * BATCH; i++) {
                producer.send(new ProducerRecord<>(topic, 0, null, job.record(i))).get();
            }
            admin.deleteRecords(
                            Map.of(
                                    new TopicPartition(topic, 0),
                                    RecordsToDelete.beforeOffset(READ + BATCH)))
                    .all()
                    .get();
            producer.commitTransaction();
        }
    }

    /** The broker dies, and its disk has half of what it had. */
    private static void loseHalf(String topic) throws IOException {
        broker.process().kill();
        Path segment =
                folder.resolve("broker")
                        .resolve("data")
                        .resolve(topic + "-0")
                        .resolve("00000000000000000000.log");
        try (FileChannel file = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            file.truncate(file.size() / 2);
        }
        broker.restart();
    }

    private static void makeAgain(String topic, KilnConfig config) throws Exception {
        try (Admin admin = Admin.create(Clients.properties(config))) {
            admin.deleteTopics(List.of(topic)).all().get();
        }
        Awaitility.await("the topic made again")
                .atMost(TIMEOUT)
                .ignoreExceptions()
                .until(() -> KilnTopics.create(config), made -> made.contains(topic));
    }
}

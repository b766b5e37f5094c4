package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.config.KilnConfig;
import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.images.ImageFormat;
import io.kiln.images.TestImages;
import io.kiln.ingest.IngestOptions.Unrecognised;
import io.kiln.ingest.IngestSummary.Refused;
import io.kiln.ingest.Refusal.Reason;
import io.kiln.local.LocalBroker;
import io.kiln.local.LocalRegistry;
import io.kiln.local.SharedServers;
import io.kiln.schemas.ContentId;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.SchemaRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ingest against a real broker and a real registry. */
@Timeout(120)
@ExtendWith(SharedServers.class)
class IngestIT {
    private static final int PARTITIONS = 2;

    @TempDir static Path elsewhere;
    private static LocalBroker broker;
    private static LocalRegistry registry;

    @TempDir Path folder;

    @BeforeAll
    static void servers(LocalBroker shared, LocalRegistry sharedRegistry) {
        broker = shared;
        registry = sharedRegistry;
    }

    private static KilnConfig config(String topic, String... overrides) {
        List<String> all = new ArrayList<>();
        all.add("kafka.bootstrapServers=" + broker.bootstrapServers());
        all.add("kafka.connectTimeout=20s");
        all.add("registry.url=" + registry.url());
        all.add("topics.images=" + topic);
        all.addAll(List.of(overrides));
        return KilnConfig.parse("", all);
    }

    private static void create(String topic, Map<String, String> settings) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            admin.createTopics(
                            List.of(new NewTopic(topic, PARTITIONS, (short) 1).configs(settings)))
                    .all()
                    .get();
        }
    }

    private static List<ConsumerRecord<String, byte[]>> stored(String topic) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (int i = 0; i < PARTITIONS; i++) {
            partitions.add(new TopicPartition(topic, i));
        }
        List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(
                        Map.of("bootstrap.servers", broker.bootstrapServers()),
                        new StringDeserializer(),
                        new ByteArrayDeserializer())) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
                consumer.poll(Duration.ofSeconds(1)).forEach(records::add);
            }
        }
        return records;
    }

    /** Keeps what it is told, and does something at each progress. */
    private static final class Following implements IngestListener {
        private final Consumer<IngestProgress> action;
        final List<IngestProgress> progress = new ArrayList<>();
        final List<Refusal> refusals = new ArrayList<>();

        Following(Consumer<IngestProgress> action) {
            this.action = action;
        }

        @Override
        public void progress(IngestProgress now) {
            progress.add(now);
            action.accept(now);
        }

        @Override
        public void refused(Refusal refusal) {
            refusals.add(refusal);
        }
    }

    private static Following following() {
        return new Following(progress -> {});
    }

    private Path write(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, content);
    }

    private static IngestSummary run(
            KilnConfig config,
            IngestOptions options,
            IngestListener listener,
            ImageSource... from) {
        try (ImageProducer producer = ImageProducer.open(config)) {
            return new Ingest(producer, options).run(List.of(from), listener);
        }
    }

    @Test
    void imagesArriveAsTheyAreAndTheRestIsNamed() throws Exception {
        create("all", Map.of("max.message.bytes", "33554432"));
        Map<String, byte[]> expected = new LinkedHashMap<>();
        for (String format : List.of("jpg", "png", "gif", "bmp")) {
            byte[] image = TestImages.encoded(format, 16, 1);
            expected.put(write("set/1." + format, image).toUri().toString(), image);
        }
        Path shard = write("shard.tar", Archives.tar(Map.of("a b.png", TestImages.png(2))));
        expected.put(shard.toUri() + "!a%20b.png", TestImages.png(2));
        byte[] large = new byte[20_000_000];
        System.arraycopy(TestImages.png(3), 0, large, 0, TestImages.png(3).length);
        write("large.png", large);
        Path text = write("text.jpg", "no image".getBytes(StandardCharsets.UTF_8));
        write(".hidden.png", TestImages.png(4));
        byte[] listed = TestImages.png(5);
        expected.put(write("elsewhere/5.png", listed).toUri().toString(), listed);
        Files.move(folder.resolve("elsewhere"), elsewhere.resolve("elsewhere"));
        expected.remove(folder.resolve("elsewhere/5.png").toUri().toString());
        expected.put(elsewhere.resolve("elsewhere/5.png").toUri().toString(), listed);

        KilnConfig config = config("all");
        Following following = following();
        IngestSummary summary =
                run(
                        config,
                        IngestOptions.of(config.ingest()).withAttributes(Map.of("site", "north")),
                        following,
                        PathSource.of(folder),
                        new PathListSource(
                                new ByteArrayInputStream(
                                        "elsewhere/5.png\n".getBytes(StandardCharsets.UTF_8)),
                                "standard input",
                                elsewhere,
                                HttpLimits.of(config.ingest()),
                                Links.WITHIN));

        RecordDeserializer<ImageRecord> deserializer =
                new RecordDeserializer<>(
                        new SchemaRegistry(registry.url(), Duration.ofSeconds(10)),
                        ImageRecord.class);
        Map<String, byte[]> found = new LinkedHashMap<>();
        for (ConsumerRecord<String, byte[]> record : stored("all")) {
            ImageRecord image = deserializer.read(record.value());
            byte[] content = image.getContent().array();
            found.put(image.getSource(), content);
            assertThat(record.key()).isEqualTo(image.getImageId());
            assertThat(image.getImageId()).isEqualTo(ContentId.of(content));
            assertThat(ImageFormat.detect(content).map(ImageFormat::mediaType))
                    .contains(image.getContentType());
            assertThat(image.getCapturedAt()).isNull();
            assertThat(image.getAttributes()).containsExactly(Map.entry("site", "north"));
        }
        assertThat(found).containsOnlyKeys(expected.keySet());
        expected.forEach((source, content) -> assertThat(found.get(source)).isEqualTo(content));

        assertThat(summary.sent()).isEqualTo(expected.size());
        assertThat(summary.bytes())
                .isEqualTo(expected.values().stream().mapToLong(b -> b.length).sum());
        assertThat(summary.refused())
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of(
                                Reason.NOT_AN_IMAGE,
                                new Refused(1, List.of(text + " (text)")),
                                Reason.TOO_LARGE,
                                new Refused(
                                        1,
                                        List.of(
                                                folder.resolve("large.png")
                                                        + " (larger than ingest.maxImageBytes, 16MiB)"))));
        assertThat(summary.hidden()).isEqualTo(1);
        assertThat(summary.unconfirmed()).isZero();
        assertThat(summary.interrupted()).isFalse();
        assertThat(following.refusals).hasSize(2);
        IngestProgress last = following.progress.get(following.progress.size() - 1);
        assertThat(last.sent()).isEqualTo(summary.sent());
        assertThat(last.bytes()).isEqualTo(summary.bytes());
        assertThat(last.refused()).isEqualTo(2);
    }

    @Test
    void whatIsNoImageIsSentWhereAskedFor() throws Exception {
        create("unrecognised", Map.of());
        write("text.jpg", "no image".getBytes(StandardCharsets.UTF_8));
        KilnConfig config = config("unrecognised");
        IngestSummary summary =
                run(
                        config,
                        IngestOptions.of(config.ingest()).withUnrecognised(Unrecognised.SEND),
                        following(),
                        PathSource.of(folder));
        assertThat(summary.sent()).isEqualTo(1);
        assertThat(summary.refused()).isEmpty();
        assertThat(stored("unrecognised"))
                .singleElement()
                .satisfies(
                        r ->
                                assertThat(r.key())
                                        .isEqualTo(
                                                ContentId.of(
                                                        "no image"
                                                                .getBytes(
                                                                        StandardCharsets.UTF_8))));
    }

    @Test
    void totalOfTheInputBecomesKnownWhileItIsSent() throws Exception {
        create("total", Map.of());
        write("1.png", TestImages.png(1));
        write("2.png", TestImages.png(2));
        long total = PathSource.of(folder).inputBytes();
        KilnConfig config = config("total");
        ImageSource slow =
                new ImageSource() {
                    @Override
                    public void visit(Visitor visitor) throws InterruptedException {
                        PathSource.of(folder).visit(visitor);
                    }

                    @Override
                    public long inputBytes() {
                        return total;
                    }
                };
        AtomicInteger known = new AtomicInteger();
        try (ImageProducer producer = ImageProducer.open(config)) {
            Ingest ingest = new Ingest(producer, IngestOptions.of(config.ingest()));
            List<ImageSource> many = new ArrayList<>(java.util.Collections.nCopies(200, slow));
            ingest.run(
                    many,
                    new Following(
                            p -> {
                                if (p.totalInputBytes() == 200 * total) {
                                    known.incrementAndGet();
                                }
                            }));
        }
        assertThat(known.get()).isPositive();
    }

    @Test
    void imageThatTheTopicDoesNotTakeIsRefusedAndTheRestIsSent() throws Exception {
        create("small", Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, "100000"));
        byte[] large = new byte[200_000];
        System.arraycopy(TestImages.png(1), 0, large, 0, TestImages.png(1).length);
        write("1.png", large);
        for (int i = 2; i < 30; i++) {
            write(i + ".png", TestImages.png(i));
        }
        KilnConfig config = config("small");
        IngestSummary summary =
                run(config, IngestOptions.of(config.ingest()), following(), PathSource.of(folder));
        assertThat(summary.sent()).isEqualTo(28);
        assertThat(summary.unconfirmed()).isZero();
        assertThat(summary.refused().get(Reason.REFUSED_BY_BROKER))
                .isEqualTo(
                        new Refused(
                                1,
                                List.of(
                                        folder.resolve("1.png")
                                                + " (200000 bytes are more than the topic's max.message.bytes)")));
        assertThat(stored("small")).hasSize(28);
    }

    @Test
    void interruptedRunKeepsWhatItHasSent() throws Exception {
        create("interrupted", Map.of());
        for (int i = 0; i < 100; i++) {
            write(i + ".png", TestImages.png(i));
        }
        KilnConfig config = config("interrupted");
        AtomicInteger calls = new AtomicInteger();
        IngestSummary summary =
                run(
                        config,
                        IngestOptions.of(config.ingest()),
                        new Following(
                                p -> {
                                    if (calls.incrementAndGet() == 20) {
                                        Thread.currentThread().interrupt();
                                    }
                                }),
                        PathSource.of(folder));
        assertThat(Thread.interrupted()).as("the flag is set for the caller").isTrue();
        assertThat(summary.interrupted()).isTrue();
        assertThat(summary.refused()).isEmpty();
        assertThat(summary.sent()).isBetween(5L, 99L);
        assertThat(summary.unconfirmed()).isZero();
        assertThat(stored("interrupted")).hasSize((int) summary.sent());
    }

    @Test
    void runThatBreaksOffAndIsStartedAgainSendsEachImageOnce() throws Exception {
        create("named", Map.of());
        for (int i = 0; i < 60; i++) {
            write(i + ".png", TestImages.png(i));
        }
        write("copy-of-1.png", TestImages.png(1));
        KilnConfig config = config("named");
        IngestOptions options = IngestOptions.of(config.ingest());
        run(config, options, following(), PathSource.of(folder.resolve("59.png")));
        int runs = 0;
        IngestSummary last = null;
        while (last == null) {
            runs++;
            long stop = 15L * runs;
            try (ImageProducer producer = ImageProducer.open(config);
                    SentBefore before = SentBefore.ofRun(config, "r")) {
                Ingest ingest = new Ingest(producer, options, before);
                last =
                        ingest.run(
                                List.of(PathSource.of(folder)),
                                new Following(p -> breakOff(p.sent() >= stop)));
            } catch (UncheckedIOException broken) {
                assertThat(runs).isLessThan(20);
            }
        }
        assertThat(runs).as("the first run broke off").isGreaterThan(1);
        assertThat(last.sentBefore()).isPositive();
        // 59.png was there before the run began, under no name: it comes once more.
        assertThat(stored("named")).hasSize(61);
        assertThat(stored("named").stream().map(ConsumerRecord::key).distinct()).hasSize(60);
    }

    @Test
    void roundsThatBreakOffAndAreStartedAgainSendEachImageAsOftenAsThereAreRounds()
            throws Exception {
        create("rounds", Map.of());
        for (int i = 0; i < 20; i++) {
            write(i + ".png", TestImages.png(i));
        }
        write("copy-of-1.png", TestImages.png(1));
        write("broken.png", Arrays.copyOf(TestImages.png(1), 40));
        KilnConfig config = config("rounds");
        int runs = 0;
        IngestSummary last = null;
        while (last == null) {
            runs++;
            long stop = 15L * runs;
            try (ImageProducer producer = ImageProducer.open(config);
                    SentBefore before = SentBefore.ofRounds(config, "rounds");
                    ImageDecoder decoder = new ImageDecoder(new DecodeLimits(1 << 20, 1 << 20))) {
                Rounds rounds =
                        new Rounds(
                                List.of(PathSource.of(folder)),
                                new Rounds.Plan(3, 1, true),
                                decoder,
                                1 << 20,
                                elsewhere);
                last =
                        new Ingest(producer, IngestOptions.of(config.ingest()), before)
                                .run(
                                        List.of(rounds),
                                        new Following(p -> breakOff(p.sent() >= stop)));
            } catch (UncheckedIOException broken) {
                assertThat(runs).isLessThan(20);
            }
        }
        assertThat(runs).as("the first run broke off").isGreaterThan(1);
        Map<String, Integer> times = new LinkedHashMap<>();
        stored("rounds").forEach(image -> times.merge(image.key(), 1, Integer::sum));
        assertThat(times).hasSize(21);
        assertThat(times.values()).containsOnly(1, 3);
        assertThat(times).containsEntry(ContentId.of(Arrays.copyOf(TestImages.png(1), 40)), 1);
    }

    /** What was on its way still arrives or not, as when a process dies. */
    private static void breakOff(boolean now) {
        if (now) {
            throw new UncheckedIOException(new IOException("broken off"));
        }
    }

    @Test
    void listThatTurnsOutToBeNoneKeepsWhatWasSentBefore() throws Exception {
        create("list", Map.of());
        write("1.png", TestImages.png(1));
        KilnConfig config = config("list");
        ImageSource list =
                new PathListSource(
                        new ByteArrayInputStream("1.png\n\0".getBytes(StandardCharsets.UTF_8)),
                        "the list",
                        folder,
                        HttpLimits.of(config.ingest()),
                        Links.WITHIN);
        assertThatThrownBy(() -> run(config, IngestOptions.of(config.ingest()), following(), list))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("the list is not a list of paths");
        assertThat(stored("list")).hasSize(1);
    }

    /** Images without end. */
    private static ImageSource endless(byte[] image) {
        return new ImageSource() {
            @Override
            public void visit(Visitor visitor) throws InterruptedException {
                for (long i = 0; ; i++) {
                    visitor.candidate(
                            new Origin("image " + i, "test:" + i), new ByteArrayInputStream(image));
                }
            }

            @Override
            public long inputBytes() {
                return UNKNOWN;
            }
        };
    }

    /** Creates the topic on a broker, for a producer that gives up after 3 s. */
    private static KilnConfig impatient(LocalBroker broker) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic("images", 1, (short) 1))).all().get();
        }
        return config(
                "images",
                "kafka.bootstrapServers=" + broker.bootstrapServers(),
                "kafka.properties={delivery.timeout.ms: '3000',"
                        + " request.timeout.ms: '1000', max.block.ms: '3000'}");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1})
    void brokerThatStopsEndsTheRunNamingTheFirstImageLost(long afterImages, @TempDir Path own)
            throws Exception {
        try (LocalBroker stopping = LocalBroker.start(own)) {
            KilnConfig config = impatient(stopping);
            Following killing =
                    new Following(
                            p -> {
                                if (p.sent() >= afterImages && stopping.process().isAlive()) {
                                    stopping.process().kill();
                                }
                            });
            byte[] image = Arrays.copyOf(TestImages.png(1), 500_000);
            assertThatThrownBy(
                            () ->
                                    run(
                                            config,
                                            IngestOptions.of(config.ingest()),
                                            killing,
                                            endless(image)))
                    .isInstanceOf(IngestException.class)
                    .hasMessageStartingWith("image ")
                    .hasMessageContaining(
                            "could not be sent to topic images at " + stopping.bootstrapServers());
        }
    }

    @Test
    void brokerThatStopsEndsAWatchEvenIfNoFurtherFileLands(@TempDir Path own) throws Exception {
        write("1.png", TestImages.png(1));
        try (LocalBroker stopping = LocalBroker.start(own)) {
            KilnConfig config = impatient(stopping);
            WatchedSource watched =
                    new WatchedSource(List.of(folder), Duration.ofMillis(50), Links.WITHIN);
            try (ImageProducer producer = ImageProducer.open(config)) {
                stopping.process().kill();
                Ingest ingest = new Ingest(producer, IngestOptions.of(config.ingest()));
                assertThatThrownBy(() -> ingest.run(List.of(watched), following()))
                        .isInstanceOf(IngestException.class)
                        .hasMessageContaining("1.png could not be sent to topic images");
            }
        }
    }

    @Test
    void missingBrokerTopicAndRegistryAreNamedBeforeAnythingIsRead() throws Exception {
        assertThatThrownBy(
                        () ->
                                ImageProducer.open(
                                        config(
                                                "images",
                                                "kafka.bootstrapServers=127.0.0.1:9",
                                                "kafka.connectTimeout=1s")))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("no Kafka broker answered at 127.0.0.1:9 within 1 s");
        assertThatThrownBy(
                        () ->
                                ImageProducer.open(
                                        config("images", "kafka.bootstrapServers=localhost")))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("kafka.bootstrapServers");
        assertThatThrownBy(() -> ImageProducer.open(config("absent")))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("has no topic absent")
                .hasMessageContaining("kiln topics create");
        create("present", Map.of());
        assertThatThrownBy(
                        () ->
                                ImageProducer.open(
                                        config(
                                                "present",
                                                "registry.url=http://127.0.0.1:9/x",
                                                "registry.connectTimeout=1s")))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("http://127.0.0.1:9/x")
                .hasMessageContaining("within 1 s");
    }
}

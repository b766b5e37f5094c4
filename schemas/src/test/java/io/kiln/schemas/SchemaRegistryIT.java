package io.kiln.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The serializers and the topic catalogue against a real registry and a real broker. */
@Timeout(120)
class SchemaRegistryIT {
    private static SchemaRegistry registry;

    @BeforeAll
    static void start() {
        registry = TestServers.registry();
    }

    private static ImageRecord image() {
        return new ImageRecord(
                "abc",
                "file:/a.jpg",
                "image/jpeg",
                ByteBuffer.wrap(new byte[] {1, 2, 3}),
                null,
                Map.of("camera", "7"));
    }

    @Test
    void recordSurvivesTheStandardWireFormat() {
        byte[] bytes = new RecordSerializer<ImageRecord>(registry).serialize("wire", image());
        assertThat(bytes[0]).isZero();
        assertThat(registry.schema(ByteBuffer.wrap(bytes).getInt(1)))
                .isEqualTo(ImageRecord.getClassSchema());
        assertThat(new RecordDeserializer<>(registry, ImageRecord.class).read(bytes))
                .isEqualTo(image());
    }

    /** A version is retired again if it was in use when it was retired first. */
    @Test
    void eventsThatRetireAVersionAreNumberedAndNamedInNoOtherWay() {
        RecordDeserializer<CheckpointEvent> deserializer =
                new RecordDeserializer<>(registry, CheckpointEvent.class);
        for (String id : List.of("run-1-v2-retired", "run-1-v2-retired-2")) {
            CheckpointEvent event = retired(id);
            assertThat(deserializer.read(written(event))).isEqualTo(event);
        }
        for (String id : List.of("run-1-v3-retired", "run-1-v2-retired-", "run-1-v2-retired-x")) {
            assertThatThrownBy(() -> deserializer.read(written(retired(id))))
                    .isInstanceOf(RecordFormatException.class)
                    .hasMessageContaining("eventId is " + id);
        }
    }

    private static byte[] written(CheckpointEvent event) {
        return new RecordSerializer<CheckpointEvent>(registry).serialize("retired", event);
    }

    private static CheckpointEvent retired(String eventId) {
        return TestRecords.event("tiny", "run-1", 2, 20)
                .setStatus(CheckpointStatus.RETIRED)
                .setEventId(eventId)
                .build();
    }

    @Test
    void threadsShareASerializerAndADeserializer() {
        RecordSerializer<ImageRecord> serializer = new RecordSerializer<>(registry);
        RecordDeserializer<ImageRecord> deserializer =
                new RecordDeserializer<>(registry, ImageRecord.class);
        List<ByteBuffer> written =
                IntStream.range(0, 64)
                        .parallel()
                        .mapToObj(i -> serializer.serialize("shared", image()))
                        .peek(bytes -> assertThat(deserializer.read(bytes)).isEqualTo(image()))
                        .map(ByteBuffer::wrap)
                        .toList();
        assertThat(written).containsOnly(written.get(0));
    }

    @Test
    void recordOfAnOlderSchemaIsReadWithDefaults() throws IOException {
        Schema older =
                SchemaBuilder.record("ImageRecord")
                        .namespace("io.kiln.schemas")
                        .fields()
                        .requiredString("imageId")
                        .requiredString("source")
                        .requiredString("contentType")
                        .requiredBytes("content")
                        .endRecord();
        GenericRecord record = new GenericData.Record(older);
        record.put("imageId", "old");
        record.put("source", "file:/old.png");
        record.put("contentType", "image/png");
        record.put("content", ByteBuffer.wrap(new byte[] {9}));
        ImageRecord read =
                new RecordDeserializer<>(registry, ImageRecord.class)
                        .read(written("older", older, record));
        assertThat(read.getImageId()).isEqualTo("old");
        assertThat(read.getCapturedAt()).isNull();
        assertThat(read.getAttributes()).isEmpty();
    }

    @Test
    void recordOfANewerSchemaIsReadWithoutItsNewField() throws IOException {
        Schema newer =
                SchemaBuilder.record("ImageRecord")
                        .namespace("io.kiln.schemas")
                        .fields()
                        .requiredString("imageId")
                        .requiredString("source")
                        .requiredString("contentType")
                        .requiredBytes("content")
                        .name("capturedAt")
                        .type()
                        .unionOf()
                        .nullType()
                        .and()
                        .longType()
                        .endUnion()
                        .nullDefault()
                        .name("attributes")
                        .type()
                        .map()
                        .values()
                        .stringType()
                        .mapDefault(Map.of())
                        .name("exposureSeconds")
                        .type()
                        .doubleType()
                        .doubleDefault(0)
                        .endRecord();
        GenericRecord record = new GenericData.Record(newer);
        record.put("imageId", "new");
        record.put("source", "file:/new.png");
        record.put("contentType", "image/png");
        record.put("content", ByteBuffer.wrap(new byte[] {9}));
        record.put("capturedAt", 5L);
        record.put("attributes", Map.of());
        record.put("exposureSeconds", 0.25);
        ImageRecord read =
                new RecordDeserializer<>(registry, ImageRecord.class)
                        .read(written("newer", newer, record));
        assertThat(read.getImageId()).isEqualTo("new");
        assertThat(read.getCapturedAt()).hasToString("1970-01-01T00:00:00.005Z");
    }

    @Test
    void incompatibleSchemaIsRefusedNamingTheField() {
        registry.register("strict-value", ImageRecord.getClassSchema());
        registry.requireCompatibility("strict-value", "BACKWARD");
        Schema incompatible =
                SchemaBuilder.record("ImageRecord")
                        .namespace("io.kiln.schemas")
                        .fields()
                        .requiredString("imageId")
                        .requiredString("site")
                        .endRecord();
        assertThatThrownBy(() -> registry.register("strict-value", incompatible))
                .isInstanceOf(IncompatibleSchemaException.class)
                .hasMessageContaining("strict-value")
                .hasMessageContaining("site")
                .hasMessageContaining("no default");
    }

    @Test
    void bytesThatAreNoRecordAreTheRecordsFault() {
        RecordDeserializer<ImageRecord> deserializer =
                new RecordDeserializer<>(registry, ImageRecord.class);
        assertThatThrownBy(() -> deserializer.read(new byte[] {(byte) 0xff, 1, 2, 3, 4, 5}))
                .isInstanceOf(RecordFormatException.class)
                .hasMessageContaining("wire format");
        byte[] whole = new RecordSerializer<ImageRecord>(registry).serialize("cut", image());
        assertThatThrownBy(
                        () -> deserializer.read(java.util.Arrays.copyOf(whole, whole.length - 4)))
                .isInstanceOf(RecordFormatException.class);
    }

    @Test
    void schemaOfAnotherTypeIsTheRecordsFaultAndNoOutage() throws Exception {
        for (ForeignRecord kind :
                List.of(
                        ForeignRecord.JSON_SCHEMA,
                        ForeignRecord.PROTOBUF_SCHEMA,
                        ForeignRecord.SCHEMA_OF_OTHERS)) {
            byte[] bytes = kind.value(registry.url());
            assertThatThrownBy(
                            () -> new RecordDeserializer<>(registry, ImageRecord.class).read(bytes))
                    .as(kind.name())
                    .isInstanceOf(RecordFormatException.class);
        }
    }

    /** An emptied registry knows neither the id nor the topic's subject. */
    @Test
    void unknownIdIsWaitedForAndTheRecordsFaultOnlyIfTheRegistryKnowsTheTopic() {
        byte[] unknown = {0, 0x7f, 1, 1, 1, 5};
        SchemaRegistry hasty =
                new SchemaRegistry(registry.url(), Duration.ofSeconds(1), 3, Map.of());
        long start = System.nanoTime();
        RecordDeserializer<ImageRecord> emptied =
                new RecordDeserializer<>(hasty, ImageRecord.class, "nobody-registered-this");
        assertThatThrownBy(() -> emptied.read(unknown))
                .isInstanceOf(UnknownSchemaException.class)
                .hasMessageContainingAll("no schema with id", "registry.unknownIds");
        assertThat(System.nanoTime() - start).isGreaterThan(Duration.ofMillis(600).toNanos());

        byte[] known = new RecordSerializer<ImageRecord>(registry).serialize("known", image());
        RecordDeserializer<ImageRecord> healthy =
                new RecordDeserializer<>(hasty, ImageRecord.class, "known");
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> healthy.read(unknown))
                    .isInstanceOf(RecordFormatException.class);
        }
        healthy.read(known); // the row ends
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> healthy.read(unknown))
                    .isInstanceOf(RecordFormatException.class);
        }
        assertThatThrownBy(() -> healthy.read(unknown)).isInstanceOf(UnknownSchemaException.class);
    }

    /**
     * Avro answers a length of 2 GiB and more with an exception of another kind than for other
     * damage.
     */
    @Test
    void fieldThatAnnouncesMoreThanTwoGibibytesIsTheRecordsFault() {
        byte[] whole = new RecordSerializer<ImageRecord>(registry).serialize("long", image());
        ByteBuffer lying = ByteBuffer.allocate(64).put(whole, 0, RecordSerializer.PREFIX_BYTES);
        long zigzag = (1L << 40) << 1;
        for (; zigzag > 0x7f; zigzag >>>= 7) {
            lying.put((byte) (zigzag & 0x7f | 0x80));
        }
        byte[] bytes = lying.put((byte) zigzag).array();
        assertThatThrownBy(() -> new RecordDeserializer<>(registry, ImageRecord.class).read(bytes))
                .isInstanceOf(RecordFormatException.class);
    }

    @Test
    void registryThatIsNotThereIsNamedAfterTheStatedTime() {
        SchemaRegistry absent = new SchemaRegistry("http://127.0.0.1:9", Duration.ofSeconds(1));
        assertThatThrownBy(() -> absent.register("x-value", ImageRecord.getClassSchema()))
                .isInstanceOf(SchemaRegistryException.class)
                .isNotInstanceOf(IncompatibleSchemaException.class)
                .hasMessageContaining("http://127.0.0.1:9")
                .hasMessageContaining("within 1 s");
    }

    @Test
    void registryThatTakesTheConnectionAndSaysNothingIsNamedAfterTheStatedTime()
            throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            String url = "http://127.0.0.1:" + silent.getLocalPort();
            SchemaRegistry registry = new SchemaRegistry(url, Duration.ofSeconds(1));
            assertTimeoutPreemptively(
                    Duration.ofSeconds(20),
                    () ->
                            assertThatThrownBy(() -> registry.schema(1))
                                    .isInstanceOf(SchemaRegistryException.class)
                                    .hasMessageContainingAll(url, "within 1 s"));
        }
    }

    @Test
    void credentialsAreSentAndShownNowhere() throws IOException {
        try (UnwellRegistry unwell =
                UnwellRegistry.before(TestServers.registryUrl(), Integer.MAX_VALUE)) {
            String url = unwell.url().replace("http://", "http://me:s3cr%40t@");
            SchemaRegistry secured = new SchemaRegistry(url, Duration.ofSeconds(1));
            assertThatThrownBy(() -> secured.schema(1))
                    .hasMessageContaining(unwell.url())
                    .satisfies(
                            failure -> {
                                StringWriter trace = new StringWriter();
                                failure.printStackTrace(new PrintWriter(trace));
                                assertThat(trace.toString()).doesNotContain("s3cr");
                            });
            assertThat(secured.url()).isEqualTo(unwell.url());
            String encoded = unwell.authorization().substring("Basic ".length());
            assertThat(new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8))
                    .isEqualTo("me:s3cr@t");
        }
    }

    @Test
    void aRenewedLoginIsReadAfterAFailure(@TempDir Path folder) throws IOException {
        Path login = folder.resolve("login");
        try (UnwellRegistry unwell =
                UnwellRegistry.before(TestServers.registryUrl(), Integer.MAX_VALUE)) {
            SchemaRegistry secured =
                    new SchemaRegistry(
                            unwell.url(),
                            Duration.ZERO,
                            1,
                            Map.of("basic.auth.user.info", "${file:" + login + "}"));
            for (String password : List.of("me:first", "me:second")) {
                Files.writeString(login, password);
                assertThatThrownBy(() -> secured.schema(1)).hasMessageContaining(unwell.url());
                String encoded = unwell.authorization().substring("Basic ".length());
                assertThat(new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8))
                        .isEqualTo(password);
            }
        }
    }

    @Test
    void registryThatAnswers500ForAWhileIsWaitedFor() throws IOException {
        try (UnwellRegistry unwell = UnwellRegistry.before(TestServers.registryUrl(), 3)) {
            SchemaRegistry patient = new SchemaRegistry(unwell.url(), Duration.ofSeconds(20));
            byte[] bytes = new RecordSerializer<ImageRecord>(patient).serialize("unwell", image());
            assertThat(unwell.refused()).isEqualTo(3);
            assertThat(new RecordDeserializer<>(registry, ImageRecord.class).read(bytes))
                    .isEqualTo(image());
        }
    }

    @Test
    void registryThatGoesOnAnswering500IsNamedWithWhatWasWaitedFor() throws IOException {
        try (UnwellRegistry unwell =
                UnwellRegistry.before(TestServers.registryUrl(), Integer.MAX_VALUE)) {
            SchemaRegistry patient = new SchemaRegistry(unwell.url(), Duration.ofSeconds(1));
            assertThatThrownBy(() -> patient.schema(1))
                    .isInstanceOf(SchemaRegistryException.class)
                    .hasMessageContainingAll(
                            unwell.url(), "did not fetch schema 1 within 1 s", "out of order");
        }
    }

    @Test
    void topicsAreCreatedOnceAndChecked() throws Exception {
        TopicCatalogue catalogue = catalogue(3);
        try (Admin admin = Admin.create(TestServers.kafka())) {
            assertThat(catalogue.create(admin, 1, registry))
                    .containsExactly(
                            "images",
                            "images.dlq",
                            "sparse-batches",
                            "training-steps",
                            "checkpoints",
                            "holdout",
                            "evaluations");
            assertThat(catalogue.create(admin, 1, registry)).isEmpty();
            assertThat(
                            admin.describeTopics(List.of("images"))
                                    .allTopicNames()
                                    .get()
                                    .get("images")
                                    .partitions())
                    .hasSize(3);
            assertThatThrownBy(() -> catalogue(4).create(admin, 1, registry))
                    .isInstanceOf(BrokerException.class)
                    .hasMessageContaining(
                            "images exists with 3 partitions where the configuration says 4");
            requireRoom(TestServers.broker());
        }
    }

    private static void requireRoom(String brokers) throws Exception {
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers",
                        brokers,
                        "max.request.size",
                        Topic.MAX_DEAD_LETTER_BYTES,
                        "buffer.memory",
                        2L * Topic.MAX_DEAD_LETTER_BYTES);
        byte[] largest = new byte[Topic.MAX_RECORD_BYTES];
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>("images.dlq", largest);
            letter.headers().add("kiln-detail", new byte[8000]);
            assertThat(producer.send(letter).get().hasOffset()).isTrue();
            assertThatThrownBy(() -> producer.send(new ProducerRecord<>("images", largest)).get())
                    .hasCauseInstanceOf(RecordTooLargeException.class);
        }
    }

    private static TopicCatalogue catalogue(int imagePartitions) {
        Duration week = Duration.ofDays(7);
        return new TopicCatalogue(
                new Topic("images", imagePartitions, week, ImageRecord.getClassSchema()),
                new Topic("images.dlq", 1, week, null),
                new Topic("sparse-batches", 1, week, SparseBatch.getClassSchema()),
                new Topic("training-steps", 1, week, TrainingStep.getClassSchema()),
                new Topic("checkpoints", 1, null, CheckpointEvent.getClassSchema()),
                new Topic("holdout", 1, week, SparseBatch.getClassSchema()),
                new Topic("evaluations", 1, null, Evaluation.getClassSchema()),
                Optional.empty());
    }

    private static byte[] written(String topic, Schema schema, GenericRecord record)
            throws IOException {
        int id = registry.register(topic + "-value", schema);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(0);
        bytes.write(ByteBuffer.allocate(4).putInt(id).array());
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
        new GenericDatumWriter<GenericRecord>(schema).write(record, encoder);
        return bytes.toByteArray();
    }
}

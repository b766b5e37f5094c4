package io.kiln.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.checkpoints.ArtifactStores;
import io.kiln.local.LocalBroker;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.CheckpointStatus;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.TestRecords;
import io.kiln.schemas.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A handle on a real broker, a real registry and real encoders. */
@Timeout(300)
class EncoderHandleIT {
    private final SchemaRegistry registry = TestServers.registry();
    private final String topic = TestServers.unique("checkpoints");

    @TempDir Path folder;

    @BeforeEach
    void createTopic() throws Exception {
        TestEncoders.createTopic(topic);
    }

    private CheckpointEvent announce(long version) throws Exception {
        CheckpointEvent event = TestEncoders.write(folder, "tiny", version);
        TestEncoders.send(topic, event);
        return event;
    }

    private void decide(CheckpointEvent event, CheckpointStatus status) throws Exception {
        TestEncoders.send(topic, CheckpointEvents.withStatus(event, status, Instant.EPOCH));
    }

    private static Predicate<EncoderHandle.Status> serves(long version) {
        return status ->
                status.serving().map(CheckpointEvent::getVersion).orElse(0L) == version
                        && status.problem().isEmpty();
    }

    @Test
    void readmesLinesFollowLoadEmbedAndSwap() throws Exception {
        Map<String, Object> kafka = TestServers.kafka();
        announce(1);
        Path picture = Files.write(folder.resolve("a.png"), TestEncoders.png(90, 70, 1));
        // begin of what docs/how-to/use-weights.md and the README show; DocumentationTest compares
        try (var encoders =
                EncoderHandle.follow(kafka, registry, topic, "tiny", folder.resolve("cache"))) {
            encoders.await(Duration.ofMinutes(1));
            Embeddings found = encoders.embed(List.of(Files.readAllBytes(picture)));
            float[] vector = found.values().get(0); // of version found.version()
            // end
            assertThat(found.version()).isEqualTo(1);
            assertThat(vector).hasSize(TestEncoders.EMBEDDING);
        }
    }

    @Test
    void versionsTakeEachOthersPlaceAndRevokedOnesGiveWay() throws Exception {
        CheckpointEvent first = announce(1);
        CheckpointEvent second = announce(2);
        List<byte[]> image = List.of(TestEncoders.png(64, 64, 1));
        Path cache = folder.resolve("cache");
        try (EncoderHandle handle =
                EncoderHandle.follow(TestServers.kafka(), registry, topic, "tiny", cache)) {
            handle.await(Duration.ofMinutes(1));
            assertThat(handle.embed(image).version()).isEqualTo(2);
            assertThat(handle.status().swaps()).isEqualTo(1);
            decide(first, CheckpointStatus.PROMOTED);
            TestEncoders.waitFor(handle, serves(1));
            announce(3);
            decide(second, CheckpointStatus.PROMOTED);
            TestEncoders.waitFor(handle, serves(2));
            decide(second, CheckpointStatus.REVOKED);
            TestEncoders.waitFor(handle, serves(1));
            assertThat(handle.embed(image).version()).isEqualTo(1);
        }
        try (Stream<Path> files = Files.walk(cache)) {
            assertThat(files.filter(Files::isRegularFile)).hasSize(1);
        }
    }

    @Test
    void statusIsNeverOlderThanAnAnswer() throws Exception {
        List<byte[]> image = List.of(TestEncoders.png(64, 64, 1));
        announce(1);
        try (EncoderHandle handle = follow("cache", EncoderHandle.Options.DEFAULT)) {
            handle.await(Duration.ofMinutes(1));
            for (long version = 2; version <= 9; version++) {
                announce(version);
                while (handle.embed(image).version() != version) {
                    Thread.onSpinWait(); // the test's time-out ends it
                }
                assertThat(handle.status()).matches(serves(version));
            }
        }
    }

    @Test
    void filesStayInTheCacheWhateverTheRunIsCalled() throws Exception {
        TestEncoders.send(
                topic,
                CheckpointEvent.newBuilder(TestEncoders.write(folder, "tiny", 1))
                        .setRunId("..")
                        .setEventId(CheckpointEvents.id("..", 1, CheckpointStatus.CANDIDATE))
                        .build());
        Path cache = folder.resolve("parent/cache");
        try (EncoderHandle handle =
                EncoderHandle.follow(TestServers.kafka(), registry, topic, "tiny", cache)) {
            handle.await(Duration.ofMinutes(1));
            try (Stream<Path> besides = Files.list(cache.getParent())) {
                assertThat(besides).containsExactly(cache);
            }
        }
    }

    @Test
    void oldEncoderServesOnWhileTheNewOneCannotBeHad() throws Exception {
        announce(1);
        CheckpointEvent second = TestEncoders.write(folder, "tiny", 2);
        Path file = folder.resolve("tiny-2.pt");
        byte[] content = Files.readAllBytes(file);
        byte[] altered = content.clone();
        altered[altered.length / 2] ^= 1;
        List<byte[]> image = List.of(TestEncoders.png(64, 64, 1));
        try (EncoderHandle handle =
                EncoderHandle.follow(
                        TestServers.kafka(), registry, topic, "tiny", folder.resolve("cache"))) {
            handle.await(Duration.ofMinutes(1));
            Files.write(file, altered);
            TestEncoders.send(topic, second);
            TestEncoders.waitFor(handle, status -> status.problem().isPresent());
            assertThat(handle.status().problem().orElseThrow()).contains("tiny-2.pt", "SHA-256");
            assertThat(handle.embed(image).version()).isEqualTo(1);
            Files.delete(file);
            TestEncoders.waitFor(
                    handle,
                    status -> status.problem().filter(p -> p.contains("not exist")).isPresent());
            assertThat(handle.embed(image).version()).isEqualTo(1);
            Files.write(file, content);
            TestEncoders.waitFor(handle, serves(2));
            assertThat(handle.embed(image).version()).isEqualTo(2);
        }
    }

    @Test
    void versionsThatCannotBeOpenedDoNotFillTheCache() throws Exception {
        announce(1);
        try (EncoderHandle handle = follow("cache", EncoderHandle.Options.DEFAULT)) {
            handle.await(Duration.ofMinutes(1));
            for (int version = 2; version <= 5; version++) {
                String script = "tiny-v" + version + "-tiny-" + version + ".pt";
                TestEncoders.send(topic, garbage(version));
                TestEncoders.waitFor(
                        handle,
                        status -> status.problem().filter(p -> p.contains(script)).isPresent());
                try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
                    assertThat(files.filter(Files::isRegularFile).map(Path::getFileName))
                            .map(Path::toString)
                            .containsExactlyInAnyOrder("tiny-v1-tiny-1.pt", script);
                }
            }
            assertThat(handle.embed(List.of(TestEncoders.png(64, 64, 1))).version()).isEqualTo(1);
        }
    }

    private CheckpointEvent garbage(long version) throws Exception {
        CheckpointEvent whole = TestEncoders.write(folder, "tiny", version);
        byte[] content = new byte[1000];
        Path file = Files.write(folder.resolve("tiny-" + version + ".pt"), content);
        CheckpointFile announced =
                TestRecords.file(FileRole.TORCHSCRIPT, file, "torchscript", content);
        return CheckpointEvent.newBuilder(whole).setFiles(List.of(announced)).build();
    }

    @Test
    void oldEncoderServesOnWhileTheHeapCannotHoldTheNewOne() throws Exception {
        announce(1);
        List<byte[]> image = List.of(TestEncoders.png(64, 64, 1));
        try (EncoderHandle handle = follow("cache", EncoderHandle.Options.DEFAULT)) {
            handle.await(Duration.ofMinutes(1));
            TestEncoders.send(topic, TestEncoders.tooLarge(TestEncoders.write(folder, "tiny", 2)));
            TestEncoders.waitFor(handle, status -> status.problem().isPresent());
            assertThat(handle.status().problem().orElseThrow()).contains("OutOfMemoryError");
            assertThat(handle.embed(image).version()).isEqualTo(1);
            announce(3);
            TestEncoders.waitFor(handle, serves(3));
        }
    }

    @Test
    void errorsOfTheListenerDoNotEndTheFollowing() throws Exception {
        announce(1);
        var options =
                new EncoderHandle.Options(
                        ArtifactStores.ANY,
                        status -> {
                            throw new NoClassDefFoundError("listener");
                        });
        try (EncoderHandle handle = follow("cache", options)) {
            TestEncoders.waitFor(handle, serves(1));
            announce(2);
            TestEncoders.waitFor(handle, serves(2));
        }
    }

    @Test
    void listenerIsToldEachStatusAndFilesOfAnEarlierProcessGo() throws Exception {
        Path left = folder.resolve("cache/run-0/tiny-v9-encoder.pt");
        Files.createDirectories(left.getParent());
        Files.write(left, new byte[5]);
        Path mine = Files.write(folder.resolve("cache/notes.txt"), new byte[5]);
        BlockingQueue<EncoderHandle.Status> told = new LinkedBlockingQueue<>();
        var stores = ArtifactStores.only(List.of(folder.resolve("elsewhere").toUri()));
        announce(1);
        try (EncoderHandle handle = follow(stores, told)) {
            assertThat(told.take().problem().orElseThrow())
                    .contains("tiny-1.pt is outside the artifact stores");
            assertThat(handle.status().serving()).isEmpty();
        }
        told.clear();
        stores = ArtifactStores.only(List.of(folder.toUri()));
        try (EncoderHandle handle = follow(stores, told)) {
            assertThat(told.take()).matches(serves(1));
            announce(2);
            assertThat(told.take()).matches(serves(2));
            assertThat(handle.status().swaps()).isEqualTo(2);
        }
        assertThat(left).doesNotExist();
        assertThat(mine).exists();
    }

    private EncoderHandle follow(ArtifactStores stores, BlockingQueue<EncoderHandle.Status> told) {
        return EncoderHandle.follow(
                TestServers.kafka(),
                registry,
                topic,
                "tiny",
                folder.resolve("cache"),
                new EncoderHandle.Options(stores, told::add));
    }

    private EncoderHandle follow(String cache, EncoderHandle.Options options) {
        return EncoderHandle.follow(
                TestServers.kafka(), registry, topic, "tiny", folder.resolve(cache), options);
    }

    private Embeddings own(CheckpointEvent event, List<byte[]> images) {
        try (Encoder encoder =
                Encoder.open(event, folder.resolve("tiny-" + event.getVersion() + ".pt"))) {
            return encoder.embed(images);
        }
    }

    @Test
    void embeddingsStayInOneSpaceAsFarAsAdaptersLead() throws Exception {
        List<byte[]> image = List.of(TestEncoders.png(64, 64, 1));
        CheckpointEvent first = announce(1);
        TestEncoders.send(topic, TestAdapters.promoted(first));
        CheckpointEvent second = announce(2);
        TestEncoders.send(topic, TestAdapters.promoted(folder, second, 1, "ADAPT"));
        var options = EncoderHandle.Options.DEFAULT.in(Space.of(first));
        try (EncoderHandle handle = follow("cache", options)) {
            handle.await(Duration.ofMinutes(1));
            TestEncoders.waitFor(handle, serves(2));
            assertThat(handle.status().advice()).contains(Advice.ADAPT);
            Embeddings found = handle.embed(image);
            assertThat(found.version()).isEqualTo(2);
            assertThat(found.space()).isEqualTo(Space.of(first));
            float[] alone = own(second, image).values().get(0);
            assertThat(found.values().get(0)).isEqualTo(TestAdapters.adapted(alone));
            assertThat(found.similarity(own(first, image))).hasDimensions(1, 1);
            assertThatThrownBy(() -> found.similarity(own(second, image)))
                    .isInstanceOf(DifferentSpacesException.class);

            CheckpointEvent third = announce(3);
            TestEncoders.send(topic, TestAdapters.promoted(folder, third, 2, "KEEP"));
            TestEncoders.waitFor(handle, serves(3));
            float[] twice =
                    TestAdapters.adapted(TestAdapters.adapted(own(third, image).values().get(0)));
            assertThat(handle.embed(image).values().get(0)).isEqualTo(twice);

            TestEncoders.send(topic, TestAdapters.promoted(announce(4)));
            TestEncoders.waitFor(handle, status -> status.problem().isPresent());
            assertThat(handle.status().problem().orElseThrow())
                    .contains("v4 came without an adapter");
            assertThat(handle.status().advice()).contains(Advice.RE_EMBED);
            assertThat(handle.embed(image).values().get(0)).isEqualTo(twice);
            try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
                assertThat(files.filter(Files::isRegularFile)).hasSize(3);
            }
        }
        try (EncoderHandle handle = follow("another", options)) { // a restart serves the index too
            handle.await(Duration.ofMinutes(1));
            assertThat(handle.embed(image).version()).isEqualTo(1);
            TestEncoders.waitFor(handle, status -> status.problem().isPresent());
        }
        var ofFourth = EncoderHandle.Options.DEFAULT.in(new Space("tiny", "run-1", 4));
        try (EncoderHandle handle = follow("third", ofFourth)) {
            handle.await(Duration.ofMinutes(1));
            assertThat(handle.embed(image).version()).isEqualTo(4);
            assertThat(handle.status().advice()).isEmpty();
        }
    }

    @Test
    void eachVersionTellsWhatToDoWithStoredEmbeddings() throws Exception {
        CheckpointEvent first = announce(1);
        try (EncoderHandle handle = follow("cache", EncoderHandle.Options.DEFAULT)) {
            TestEncoders.waitFor(handle, serves(1));
            assertThat(handle.status().advice()).isEmpty();
            CheckpointEvent second = announce(2);
            TestEncoders.waitFor(handle, serves(2));
            assertThat(handle.status().advice()).contains(Advice.RE_EMBED);
            TestEncoders.send(topic, TestAdapters.promoted(folder, second, 1, "KEEP"));
            TestEncoders.waitFor(
                    handle, status -> status.advice().equals(Optional.of(Advice.KEEP)));
            assertThat(handle.status().swaps()).isEqualTo(2);
            CheckpointEvent third = TestAdapters.promoted(folder, announce(3), 2, "ADAPT");
            Files.delete(folder.resolve("adapter-3.safetensors"));
            TestEncoders.send(topic, third); // serves in its own space without its adapter
            TestEncoders.waitFor(handle, serves(3));
            assertThat(handle.status().advice()).isEmpty();
            decide(first, CheckpointStatus.PROMOTED);
            TestEncoders.waitFor(handle, serves(1));
            assertThat(handle.status().advice()).contains(Advice.RE_EMBED);
        }
    }

    @Test
    void brokerThatIsAwayIsToldWhileTheEncoderServesOn() throws Exception {
        List<byte[]> image = List.of(TestEncoders.png(64, 64, 1));
        try (LocalBroker broker = LocalBroker.start(folder.resolve("broker"))) {
            Map<String, Object> kafka = Map.of("bootstrap.servers", broker.bootstrapServers());
            TestEncoders.createTopic(kafka, topic);
            TestEncoders.send(kafka, topic, TestEncoders.write(folder, "tiny", 1));
            Path cache = folder.resolve("cache");
            try (EncoderHandle handle =
                    EncoderHandle.follow(kafka, registry, topic, "tiny", cache)) {
                handle.await(Duration.ofMinutes(1));
                broker.process().kill();
                TestEncoders.waitFor(handle, status -> status.problem().isPresent());
                assertThat(handle.status().problem().orElseThrow())
                        .contains(broker.bootstrapServers());
                assertThat(handle.embed(image).version()).isEqualTo(1);
                broker.restart();
                TestEncoders.waitFor(handle, serves(1));
                TestEncoders.send(kafka, topic, TestEncoders.write(folder, "tiny", 2));
                TestEncoders.waitFor(handle, serves(2));
            }
        }
    }

    @Test
    void withoutAVersionWaitingEndsAndSaysSo() throws Exception {
        try (EncoderHandle handle =
                EncoderHandle.follow(
                        TestServers.kafka(), registry, topic, "tiny", folder.resolve("cache"))) {
            assertThatThrownBy(() -> handle.await(Duration.ofSeconds(1)))
                    .isInstanceOf(EncoderException.class)
                    .hasMessageContaining("no version has been announced");
        }
    }
}

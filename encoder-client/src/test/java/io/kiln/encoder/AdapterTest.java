package io.kiln.encoder;

import static io.kiln.encoder.TestAdapters.promoted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.checkpoints.ArtifactStores;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointEvents;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.Promotion;
import io.kiln.schemas.TestRecords;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterTest {
    private static final int SIZE = TestEncoders.EMBEDDING;
    private static final Map<String, String> NAMES = Map.of("from", "1", "to", "2");

    @TempDir Path folder;
    private Adapters adapters;

    @BeforeEach
    void prepare() {
        adapters = new Adapters(new EncoderFiles(folder.resolve("cache"), ArtifactStores.ANY));
    }

    private static CheckpointEvent event(long version) {
        return TestRecords.event("tiny", "run-1", version, 10 * version)
                .setEmbeddingSize(SIZE)
                .build();
    }

    private static Space space(long version) {
        return new Space("tiny", "run-1", version);
    }

    private static float[] embedding() {
        Random random = new Random(1);
        float[] embedding = new float[SIZE];
        for (int i = 0; i < SIZE; i++) {
            embedding[i] = (float) random.nextGaussian();
        }
        return embedding;
    }

    @Test
    void shiftsAndRotates() throws IOException {
        CheckpointEvent event = promoted(folder, event(2), 1, "ADAPT");
        Adapter adapter = Adapter.read(event, folder.resolve("adapter-2.safetensors"));
        assertThat(adapter.from()).isEqualTo(space(1));
        assertThat(adapter.to()).isEqualTo(space(2));
        assertThat(adapter.apply(embedding())).isEqualTo(TestAdapters.adapted(embedding()));
    }

    @Test
    void leadsBackVersionByVersion() throws IOException {
        adapters.add(event(1));
        adapters.add(promoted(event(1)));
        adapters.add(promoted(folder, event(4), 1, "ADAPT"));
        adapters.add(promoted(folder, event(9), 4, "KEEP"));
        List<Adapter> path = adapters.path(space(9), space(1));
        assertThat(path).extracting(Adapter::to).containsExactly(space(9), space(4));
        assertThat(path.get(1).from()).isEqualTo(space(1));
        assertThat(adapters.path(space(9), space(9))).isEmpty();
        assertThat(adapters.advice(space(9), space(1))).contains(Advice.ADAPT);
        assertThat(adapters.advice(space(9), space(4))).contains(Advice.KEEP);
        assertThat(adapters.advice(space(9), space(9))).isEmpty();
    }

    @Test
    void versionsBetweenWhichNoAdapterLeadsMustBeEmbeddedAgain() throws IOException {
        adapters.add(promoted(event(2)));
        adapters.add(promoted(folder, event(3), 2, "RE_EMBED"));
        adapters.add(promoted(folder, event(4), 3, null));
        for (long version : new long[] {2, 3, 4, 5}) {
            assertThatThrownBy(() -> adapters.path(space(version), space(1)))
                    .isInstanceOf(NoAdapterException.class)
                    .hasMessageContaining("tiny/run-1/v" + version + " cannot be taken into")
                    .hasMessageContaining("embed what you have stored again");
            assertThat(adapters.advice(space(version), space(1))).contains(Advice.RE_EMBED);
        }
    }

    @Test
    void adaptersThatLeadInACircleEnd() throws IOException {
        adapters.add(promoted(folder, event(2), 3, null));
        adapters.add(promoted(folder, event(3), 2, null));
        assertThatThrownBy(() -> adapters.path(space(3), space(1)))
                .isInstanceOf(NoAdapterException.class)
                .hasMessageContaining("lead back to tiny/run-1/v3");
    }

    @Test
    void versionThatKeepsNeedsNoAdapter() throws IOException {
        adapters.add(promoted(event(2), 1, "KEEP"));
        List<Adapter> path = adapters.path(space(2), space(1));
        assertThat(path).hasSize(1);
        assertThat(path.get(0).apply(embedding())).isEqualTo(embedding());
    }

    @Test
    void versionOfAnotherRunIsToldByThePromotion() throws IOException {
        CheckpointEvent first = promoted(folder, event(2), 1, "ADAPT");
        CheckpointEvent event =
                CheckpointEvent.newBuilder(first)
                        .setPromotion(new Promotion("run-0", 1L, List.of(), "ADAPT"))
                        .build();
        Adapter adapter = Adapter.read(event, file(event));
        assertThat(adapter.from()).isEqualTo(new Space("tiny", "run-0", 1));
    }

    @Test
    void versionOfAnotherRunIsToldByTheFileWhereAPersonPromotes() throws IOException {
        Map<String, String> names = Map.of("from", "5", "fromRun", "run-0", "to", "2");
        Path file = write(TestAdapters.rotation(), names);
        Adapter adapter = Adapter.read(promoted(event(2)), file);
        assertThat(adapter.from()).isEqualTo(new Space("tiny", "run-0", 5));
        CheckpointEvent other = promoted(event(2), 5, "ADAPT");
        assertThatThrownBy(() -> Adapter.read(other, file))
                .isInstanceOf(EncoderException.class)
                .hasMessageContaining("to tiny/run-0/v5; expected tiny/run-1/v5");
    }

    private static Path file(CheckpointEvent event) {
        return Path.of(
                URI.create(CheckpointEvents.file(event, FileRole.ADAPTER).orElseThrow().getUri()));
    }

    private void assertRefused(Path file, String reason) {
        assertThatThrownBy(() -> Adapter.read(promoted(event(2)), file))
                .isInstanceOf(EncoderException.class)
                .hasMessageContaining(file.getFileName().toString())
                .hasMessageContaining(reason);
    }

    private Path write(float[] rotation, Map<String, String> metadata) throws IOException {
        return TestAdapters.write(folder.resolve("a.safetensors"), SIZE, rotation, metadata);
    }

    @Test
    void fileThatIsNoAdapterOfItsVersionIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(write(TestAdapters.rotation(), NAMES));
        Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, whole.length - 4));
        assertRefused(cut, "has a header of");
        assertRefused(Files.write(folder.resolve("empty"), new byte[0]), "has 0 bytes");
        assertRefused(Files.write(folder.resolve("huge"), new byte[1 << 20]), "has 1048576 bytes");
        byte[] noJson = whole.clone();
        noJson[8] = '[';
        assertRefused(Files.write(folder.resolve("json"), noJson), "is no safetensors file");
        float[] infinite = TestAdapters.rotation();
        infinite[5] = Float.POSITIVE_INFINITY;
        assertRefused(write(infinite, NAMES), "holds Infinity in rotation");
        Path other = folder.resolve("b.safetensors");
        TestAdapters.write(other, SIZE + 2, new float[SIZE * SIZE - 4], NAMES); // equal length
        assertRefused(other, "has no tensor mean_from of float32 [24]");
        float[] rotation = TestAdapters.rotation();
        assertRefused(write(rotation, Map.of("from", "1", "to", "3")), "adapter of version 3");
        assertRefused(write(rotation, Map.of("from", "0", "to", "2")), "has from = 0");
        assertRefused(
                write(rotation, Map.of("from", "2", "to", "2")),
                "to tiny/run-1/v2; expected another");
        assertRefused(write(rotation, Map.of()), "adapter of version ");
        CheckpointEvent promotion = promoted(event(2), 7, "ADAPT");
        Path file = write(rotation, NAMES);
        assertThatThrownBy(() -> Adapter.read(promotion, file))
                .isInstanceOf(EncoderException.class)
                .hasMessageContaining("to tiny/run-1/v1; expected tiny/run-1/v7");
    }

    @Test
    void spacesAreReadAsTheyAreWritten() {
        Space space = new Space("a/b", "run-1", 12);
        assertThat(space).hasToString("a/b/run-1/v12");
        assertThat(Space.parse("a/b/run-1/v12")).isEqualTo(space);
        for (String text : List.of("v12", "run-1/v12", "tiny/run-1/v0", "tiny/run-1/12", "")) {
            assertThatThrownBy(() -> Space.parse(text))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected MODEL/RUN/vVERSION");
        }
    }

    @Test
    void cosinesAreOfOneSpaceOnly() {
        List<float[]> one = List.of(new float[] {3, 4}, new float[] {0, 0});
        List<float[]> two = List.of(new float[] {4, 3}, new float[] {-6, -8});
        Embeddings first = new Embeddings("tiny", "run-1", 1, space(1), one);
        Embeddings second = new Embeddings("tiny", "run-1", 2, space(1), two);
        assertThat(first.similarity(second)).isDeepEqualTo(new float[][] {{0.96f, -1}, {0, 0}});
        Embeddings other = new Embeddings("tiny", "run-1", 2, space(2), two);
        assertThatThrownBy(() -> first.similarity(other))
                .isInstanceOf(DifferentSpacesException.class)
                .hasMessageContaining("tiny/run-1/v1 and tiny/run-1/v2 cannot be compared");
    }
}

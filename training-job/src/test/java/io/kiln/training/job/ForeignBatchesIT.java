package io.kiln.training.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.ForeignRecord;
import io.kiln.schemas.Geometry;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.TestServers;
import io.kiln.schemas.TrainingStep;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Records of sparse-batches that Kiln did not write: each is skipped, told, and harms nothing. */
@Timeout(120)
class ForeignBatchesIT {
    @TempDir static Path directory;

    /** Batches that are well written and impossible. */
    private enum Impossible {
        NO_IMAGES(batch -> batch.put("images", List.of())),
        NO_NAME(batch -> batch.put("batchId", "")),
        ENDLESS_NAME(batch -> batch.put("batchId", "x".repeat(100_000))),
        MASK_RATIO_THAT_IS_NO_NUMBER(batch -> batch.put("maskRatio", Double.NaN)),
        COORDINATES_OUT_OF_THE_GRID(batch -> batch.getCoordinates().putInt(4, 1 << 24)),
        COORDINATES_BELOW_ZERO(batch -> batch.getCoordinates().putInt(0, -1)),
        COORDINATES_CUT_SHORT(batch -> batch.getCoordinates().limit(7)),
        NOTHING_ACTIVE(batch -> batch.put("coordinates", ByteBuffer.allocate(0))),
        PIXELS_CUT_SHORT(batch -> batch.getVisiblePatches().limit(17)),
        NO_PIXELS(batch -> batch.put("maskedPatches", ByteBuffer.allocate(0))),
        ENORMOUS_GEOMETRY(
                batch ->
                        batch.put(
                                "geometry",
                                new Geometry(
                                        1 << 30, 1 << 30, 1 << 20, 1 << 15, 1 << 15, 1 << 15))),
        GEOMETRY_BELOW_ZERO(batch -> batch.put("geometry", new Geometry(-64, -64, 3, -32, 2, 2))),
        GRID_THAT_CONTRADICTS_THE_SIZE(
                batch -> batch.put("geometry", new Geometry(64, 64, 3, 32, 4, 4))),
        ORIGIN_IN_NO_TOPIC(batch -> origin(batch, "a/b", 0, 0)),
        ORIGIN_WITH_AN_ENDLESS_TOPIC(batch -> origin(batch, "t".repeat(70_000), 0, 0)),
        ORIGIN_BELOW_ZERO(batch -> origin(batch, "images", -1, -1)),
        ORIGIN_AT_THE_END_OF_NUMBERS(batch -> origin(batch, "images", 0, Long.MAX_VALUE));

        private final Consumer<SparseBatch> change;

        Impossible(Consumer<SparseBatch> change) {
            this.change = change;
        }

        private static void origin(SparseBatch batch, String topic, int partition, long offset) {
            List<ImageOrigin> origins = new ArrayList<>(batch.getImages());
            origins.set(
                    1,
                    new ImageOrigin("id", topic, partition, offset, 0, 0, 0, 64, 64, false, false));
            batch.put("images", origins);
        }
    }

    @BeforeAll
    static void start() {
        TrainingHarness.createTopics();
    }

    private static KilnConfig config(String artifacts) {
        return TrainingHarness.config(directory.resolve(artifacts), "registry.connectTimeout=3s");
    }

    @ParameterizedTest
    @EnumSource
    void recordThatIsNoBatchIsSkipped(ForeignRecord kind) throws Exception {
        requireSkipped(kind.name(), kind.value(TestServers.registryUrl()));
    }

    @ParameterizedTest
    @EnumSource
    void batchThatIsImpossibleIsSkipped(Impossible kind) throws Exception {
        SparseBatch batch = TestBatches.batch(1);
        kind.change.accept(batch);
        requireSkipped(
                kind.name(),
                new RecordSerializer<SparseBatch>(TestServers.registry())
                        .serialize("sparse-batches", batch));
    }

    /** Between two batches, of which the second trains as if nothing had been there. */
    private static void requireSkipped(String kind, byte @Nullable [] value) throws Exception {
        try (var harness = new TrainingHarness(config(kind))) {
            harness.open();
            harness.train(0, 1);
            harness.processValue(value, 1);
            harness.train(2, 3);
            harness.snapshot(1, 1).discardState();
            List<TrainingStep> steps = harness.steps();
            assertThat(steps)
                    .extracting(TrainingStep::getSkipped)
                    .containsExactly(false, true, false);
            assertThat(steps).extracting(TrainingStep::getStep).containsExactly(1L, 1L, 2L);
            TrainingStep skipped = steps.get(1);
            assertThat(skipped.getBatchOffset()).isEqualTo(1);
            assertThat(skipped.getImages()).isZero();
            assertThat(skipped.getSkipReason()).isNotBlank();
        }
    }
}

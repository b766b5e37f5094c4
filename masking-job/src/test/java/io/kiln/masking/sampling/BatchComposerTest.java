package io.kiln.masking.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.images.Bitmap;
import io.kiln.images.TestImages;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.MaskedView;
import io.kiln.masking.records.Position;
import io.kiln.masking.records.ViewBatch;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.SampleType;
import io.kiln.schemas.Sha256;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.Topic;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.Decoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.message.BinaryMessageEncoder;
import org.junit.jupiter.api.Test;

class BatchComposerTest {
    /** Of Avro's single-object encoding: two bytes of mark, eight of fingerprint. */
    private static final int HEADER = 10;

    private static final MaskingPlan PLAN = Plans.small(2, 2);

    @Test
    void coordinatesNameEveryActivePatchInOrder() {
        ViewBatch batch = batch(1, 10, 11);
        SparseBatch composed = new BatchComposer(PLAN).compose(batch);
        ByteBuffer rows = composed.getCoordinates().order(ByteOrder.LITTLE_ENDIAN);
        assertThat(rows.remaining()).isEqualTo(2 * 2 * 3 * 4);
        for (int image = 0; image < 2; image++) {
            for (int index : batch.images()[image].views()[1].active()) {
                assertThat(rows.getInt()).isEqualTo(image);
                assertThat(rows.getInt()).isEqualTo(index / 3);
                assertThat(rows.getInt()).isEqualTo(index % 3);
            }
        }
    }

    @Test
    void patchesOfTheImagesFollowEachOther() {
        ViewBatch batch = batch(1, 10, 11);
        SparseBatch composed = new BatchComposer(PLAN).compose(batch);
        MaskedView first = batch.images()[0].views()[1];
        MaskedView second = batch.images()[1].views()[1];
        assertThat(composed.getVisiblePatches())
                .isEqualTo(joined(first.visiblePatches(), second.visiblePatches()));
        assertThat(composed.getMaskedPatches())
                .isEqualTo(joined(first.maskedPatches(), second.maskedPatches()));
        assertThat(composed.getVisiblePatches().remaining()).isEqualTo(2 * 2 * 32 * 32 * 3);
        assertThat(composed.getMaskedPatches().remaining()).isEqualTo(2 * 4 * 32 * 32 * 3);
    }

    @Test
    void batchesCarryTheirSampleTypeAndRangeAndTwiceTheBytes() {
        MaskingPlan wide =
                Plans.of(
                        "input.height=64",
                        "input.width=96",
                        "masking.batchSize=2",
                        "input.sampleType=uint16",
                        "input.valueRange=[0, 4095]");
        byte[] samples = new byte[64 * 96 * 3 * 2];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (byte) (i % 2 == 0 ? i : 7);
        }
        MaskedImage image =
                new ImageMasker(wide)
                        .mask(
                                new Position("images", 0, 1),
                                "id",
                                0,
                                new Bitmap(64, 96, 3, 2, samples));
        SparseBatch composed =
                new BatchComposer(wide).compose(new ViewBatch(new MaskedImage[] {image}, 0, 0));
        assertThat(composed.getSampleType()).isEqualTo(SampleType.UINT16);
        assertThat(composed.getValueRange()).containsExactly(0.0, 4095.0);
        assertThat(composed.getVisiblePatches().remaining()).isEqualTo(2 * 32 * 32 * 3 * 2);
        assertThat(composed.getMaskedPatches().remaining()).isEqualTo(4 * 32 * 32 * 3 * 2);
        SparseBatch narrow = new BatchComposer(PLAN).compose(batch(1, 10, 11));
        assertThat(narrow.getSampleType()).isEqualTo(SampleType.UINT8);
        assertThat(narrow.getValueRange()).isEmpty();
    }

    @Test
    void originsSayWhereAnImageCameFromAndHowItWasCropped() {
        ViewBatch batch = batch(1, 10, 11);
        SparseBatch composed = new BatchComposer(PLAN).compose(batch);
        MaskedView view = batch.images()[1].views()[1];
        assertThat(composed.getImages()).hasSize(2);
        assertThat(composed.getImages().get(1))
                .isEqualTo(
                        new ImageOrigin(
                                "id-11",
                                "images",
                                3,
                                11L,
                                1,
                                view.crop().top(),
                                view.crop().left(),
                                view.crop().height(),
                                view.crop().width(),
                                view.flipped(),
                                false));
        assertThat(composed.getGeometry().getHeight()).isEqualTo(64);
        assertThat(composed.getGeometry().getWidth()).isEqualTo(96);
        assertThat(composed.getGeometry().getGridHeight()).isEqualTo(2);
        assertThat(composed.getGeometry().getGridWidth()).isEqualTo(3);
        assertThat(composed.getMaskRatio()).isEqualTo(0.6);
        assertThat(composed.getSeed()).isEqualTo(42);
    }

    @Test
    void identityDependsOnContentAndNothingElse() {
        BatchComposer composer = new BatchComposer(PLAN);
        String id = composer.compose(batch(0, 10, 11)).getBatchId();
        assertThat(id).matches("[0-9a-f]{64}");
        assertThat(new BatchComposer(Plans.small(2, 2)).compose(batch(0, 10, 11)).getBatchId())
                .isEqualTo(id);
        assertThat(composer.compose(batch(1, 10, 11)).getBatchId()).isNotEqualTo(id);
        assertThat(composer.compose(batch(0, 11, 10)).getBatchId()).isNotEqualTo(id);
        assertThat(composer.compose(batch(0, 10)).getBatchId()).isNotEqualTo(id);
    }

    @Test
    void largestBatchAllowedFitsARecord() throws Exception {
        MaskingPlan plan = Plans.of("masking.batchSize=221");
        MaskedImage image =
                new ImageMasker(plan)
                        .mask(
                                new Position("t".repeat(249), Integer.MAX_VALUE, Long.MAX_VALUE),
                                "i".repeat(MaskingPlan.MAX_IMAGE_ID_BYTES),
                                0,
                                TestImages.scene(64, 64));
        MaskedImage[] images = new MaskedImage[221];
        Arrays.fill(images, image);
        SparseBatch batch = new BatchComposer(plan).compose(new ViewBatch(images, 0, 0));
        assertThat(batch.toByteBuffer().remaining()).isLessThan(Topic.MAX_RECORD_BYTES - 100);
    }

    @Test
    void oneComposerServesManyThreads() {
        BatchComposer composer = new BatchComposer(PLAN);
        List<ViewBatch> batches =
                LongStream.range(0, 32).mapToObj(i -> batch((int) (i % 2), i, i + 1)).toList();
        List<SparseBatch> alone = batches.stream().map(composer::compose).toList();
        assertThat(batches.parallelStream().map(composer::compose).toList()).isEqualTo(alone);
    }

    /**
     * Made when batches were of bytes alone. A change would make other batches after a restart. The
     * fields that were added since are left out: they have defaults.
     */
    @Test
    void batchesAreTheSameForEver() throws Exception {
        SparseBatch batch = new BatchComposer(PLAN).compose(batch(1, 10, 11));
        assertThat(batch.getImages()).noneMatch(ImageOrigin::getReplayed);
        Schema now = SparseBatch.getClassSchema();
        Schema before = withoutAddedFields(now);
        ByteBuffer written = batch.toByteBuffer();
        Decoder payload =
                DecoderFactory.get()
                        .binaryDecoder(written.array(), HEADER, written.limit() - HEADER, null);
        GenericRecord old = new GenericDatumReader<GenericRecord>(now, before).read(null, payload);
        ByteBuffer bytes = new BinaryMessageEncoder<>(new GenericData(), before).encode(old);
        assertThat(Sha256.hex(Arrays.copyOf(bytes.array(), bytes.limit())))
                .isEqualTo("ed6eedc35659184a8fdbbbaae9273562120f75a0ea152fe7c71bbe8fa08474a2");
    }

    private static Schema withoutAddedFields(Schema schema) {
        if (schema.getType() == Schema.Type.ARRAY) {
            return Schema.createArray(withoutAddedFields(schema.getElementType()));
        }
        if (schema.getType() != Schema.Type.RECORD) {
            return schema;
        }
        List<Schema.Field> fields =
                schema.getFields().stream()
                        .filter(field -> !field.hasDefaultValue())
                        .map(f -> new Schema.Field(f.name(), withoutAddedFields(f.schema())))
                        .toList();
        return Schema.createRecord(schema.getName(), null, schema.getNamespace(), false, fields);
    }

    private static ViewBatch batch(int view, long... offsets) {
        ImageMasker masker = new ImageMasker(PLAN);
        MaskedImage[] images = new MaskedImage[offsets.length];
        for (int i = 0; i < images.length; i++) {
            Position position = new Position("images", 3, offsets[i]);
            images[i] = masker.mask(position, "id-" + offsets[i], 0, TestImages.scene(70, 100));
        }
        return new ViewBatch(images, view, 0);
    }

    private static ByteBuffer joined(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length).put(first).put(second).flip();
    }
}

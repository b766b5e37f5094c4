package io.kiln.masking;

import io.kiln.config.InputConfig;
import io.kiln.config.KilnConfig;
import io.kiln.schemas.Geometry;
import io.kiln.schemas.SparseBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/** Puts masked samples together into the record a trainer reads. */
final class BatchAssembler {
    private final KilnConfig config;
    private final Geometry geometry;

    BatchAssembler(KilnConfig config) {
        InputConfig input = config.input();
        this.config = config;
        this.geometry =
                new Geometry(
                        input.height(),
                        input.width(),
                        input.channels(),
                        input.patch(),
                        input.height() / input.patch(),
                        input.width() / input.patch());
    }

    /** A batch of the samples, in their order. */
    SparseBatch assemble(List<MaskedSample> samples) {
        int active = samples.stream().mapToInt(s -> s.active().length).sum();
        ByteBuffer coordinates =
                ByteBuffer.allocate(active * 3 * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer visible =
                ByteBuffer.allocate(samples.stream().mapToInt(s -> s.visible().length).sum());
        ByteBuffer masked =
                ByteBuffer.allocate(samples.stream().mapToInt(s -> s.masked().length).sum());
        for (int image = 0; image < samples.size(); image++) {
            MaskedSample sample = samples.get(image);
            for (int patch : sample.active()) {
                coordinates
                        .putInt(image)
                        .putInt(patch / geometry.getGridWidth())
                        .putInt(patch % geometry.getGridWidth());
            }
            visible.put(sample.visible());
            masked.put(sample.masked());
        }
        return new SparseBatch(
                batchId(samples),
                geometry,
                config.masking().maskRatio(),
                config.masking().seed(),
                samples.stream().map(BatchAssembler::origin).toList(),
                coordinates.flip(),
                visible.flip(),
                masked.flip());
    }

    private static io.kiln.schemas.ImageOrigin origin(MaskedSample sample) {
        ImageOrigin origin = sample.origin();
        Crop crop = sample.crop();
        return new io.kiln.schemas.ImageOrigin(
                origin.imageId(),
                origin.topic(),
                origin.partition(),
                origin.offset(),
                sample.view(),
                crop.top(),
                crop.left(),
                crop.height(),
                crop.width(),
                crop.flipped());
    }

    /** What the images, their masks and their crops are a function of, hashed. */
    private String batchId(List<MaskedSample> samples) {
        StringBuilder identity =
                new StringBuilder()
                        .append(geometry)
                        .append('|')
                        .append(config.masking().maskRatio())
                        .append('|')
                        .append(config.masking().seed());
        for (MaskedSample sample : samples) {
            ImageOrigin origin = sample.origin();
            identity.append('|')
                    .append(origin.imageId())
                    .append(',')
                    .append(origin.topic())
                    .append(',')
                    .append(origin.partition());
            identity.append(',').append(origin.offset()).append(',').append(sample.view());
        }
        return HexFormat.of()
                .formatHex(
                        SampleRandom.sha256(identity.toString().getBytes(StandardCharsets.UTF_8)));
    }
}

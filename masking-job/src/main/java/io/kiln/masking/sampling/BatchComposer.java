package io.kiln.masking.sampling;

import io.kiln.config.InputConfig;
import io.kiln.images.Crop;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.MaskedView;
import io.kiln.masking.records.Position;
import io.kiln.masking.records.ViewBatch;
import io.kiln.schemas.Geometry;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.SampleType;
import io.kiln.schemas.SparseBatch;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Composes the record that trainers read from masked images. Thread-safe. */
public final class BatchComposer implements Serializable {
    private static final long serialVersionUID = 1L;

    private final MaskingPlan plan;

    public BatchComposer(MaskingPlan plan) {
        this.plan = plan;
    }

    /** Joins one view of each image. */
    public SparseBatch compose(ViewBatch batch) {
        InputConfig input = plan.input();
        int images = batch.images().length;
        int active = images * plan.keep();
        int masked = images * input.patches() - active;
        ByteBuffer coordinates =
                ByteBuffer.allocate(active * 3 * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer visiblePatches = ByteBuffer.allocate(active * input.patchBytes());
        ByteBuffer maskedPatches = ByteBuffer.allocate(masked * input.patchBytes());
        List<ImageOrigin> origins = new ArrayList<>(images);
        for (int i = 0; i < images; i++) {
            MaskedImage image = batch.images()[i];
            MaskedView view = image.views()[batch.view()];
            for (int index : view.active()) {
                coordinates.putInt(i);
                coordinates.putInt(index / input.gridWidth());
                coordinates.putInt(index % input.gridWidth());
            }
            visiblePatches.put(view.visiblePatches());
            maskedPatches.put(view.maskedPatches());
            origins.add(origin(image, image.firstView() + batch.view(), view));
        }
        Geometry geometry = geometry(input);
        double maskRatio = plan.masking().maskRatio();
        long seed = plan.masking().seed();
        SampleType sampleType = SampleType.valueOf(input.sampleType().name());
        List<Double> valueRange = input.valueLimits();
        return new SparseBatch(
                BatchIdentity.of(geometry, maskRatio, seed, origins, sampleType, valueRange),
                geometry,
                maskRatio,
                seed,
                origins,
                coordinates.flip(),
                visiblePatches.flip(),
                maskedPatches.flip(),
                sampleType,
                valueRange);
    }

    private static Geometry geometry(InputConfig input) {
        return new Geometry(
                input.height(),
                input.width(),
                input.channels(),
                input.patch(),
                input.gridHeight(),
                input.gridWidth());
    }

    private static ImageOrigin origin(MaskedImage image, int number, MaskedView view) {
        Position position = image.position();
        Crop crop = view.crop();
        return new ImageOrigin(
                image.imageId(),
                position.topic(),
                position.partition(),
                position.offset(),
                number,
                crop.top(),
                crop.left(),
                crop.height(),
                crop.width(),
                view.flipped(),
                image.replayed());
    }
}

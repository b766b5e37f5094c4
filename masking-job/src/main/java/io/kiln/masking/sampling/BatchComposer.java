package io.kiln.masking.sampling;

import io.kiln.images.Crop;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.MaskedView;
import io.kiln.masking.records.Position;
import io.kiln.masking.records.ViewBatch;
import io.kiln.schemas.Geometry;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.SparseBatch;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Writes masked images as the record that trainers read. Thread-safe. */
public final class BatchComposer implements Serializable {
    private static final long serialVersionUID = 1L;

    private final MaskingPlan plan;

    public BatchComposer(MaskingPlan plan) {
        this.plan = plan;
    }

    /**
     * Composes a batch.
     *
     * @param batch at least one image
     */
    public SparseBatch compose(ViewBatch batch) {
        GridSize grid = plan.grid();
        int images = batch.images().length;
        int active = images * plan.keep();
        int inactive = images * (grid.patches() - plan.keep());
        ByteBuffer coordinates =
                ByteBuffer.allocate(active * 3 * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer visible = ByteBuffer.allocate(active * grid.patchBytes());
        ByteBuffer masked = ByteBuffer.allocate(inactive * grid.patchBytes());
        List<ImageOrigin> origins = new ArrayList<>(images);
        for (int i = 0; i < images; i++) {
            MaskedImage image = batch.images()[i];
            MaskedView view = image.views()[batch.view()];
            for (int index : view.active()) {
                coordinates.putInt(i);
                coordinates.putInt(index / grid.columns());
                coordinates.putInt(index % grid.columns());
            }
            visible.put(view.visiblePatches());
            masked.put(view.maskedPatches());
            origins.add(origin(image, batch.view(), view));
        }
        Geometry geometry =
                new Geometry(
                        grid.height(),
                        grid.width(),
                        grid.channels(),
                        grid.patch(),
                        grid.rows(),
                        grid.columns());
        return new SparseBatch(
                BatchIdentity.of(geometry, plan.maskRatio(), plan.seed(), origins),
                geometry,
                plan.maskRatio(),
                plan.seed(),
                origins,
                coordinates.flip(),
                visible.flip(),
                masked.flip());
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
                view.flipped());
    }
}

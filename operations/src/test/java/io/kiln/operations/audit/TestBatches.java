package io.kiln.operations.audit;

import io.kiln.schemas.Geometry;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.SampleType;
import io.kiln.schemas.SparseBatch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Batches of black images of four patches, the upper two of which are active. */
final class TestBatches {
    private static final int PATCH = 32;
    private static final int BYTES = 2 * PATCH * PATCH * 3;

    private TestBatches() {}

    static SparseBatch of(String batchId, List<ImageOrigin> images) {
        return new SparseBatch(
                batchId,
                new Geometry(2 * PATCH, 2 * PATCH, 3, PATCH, 2, 2),
                0.5,
                1L,
                images,
                coordinates(images.size()),
                ByteBuffer.allocate(images.size() * BYTES),
                ByteBuffer.allocate(images.size() * BYTES),
                SampleType.UINT8,
                List.of());
    }

    private static ByteBuffer coordinates(int images) {
        ByteBuffer rows =
                ByteBuffer.allocate(images * 6 * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int image = 0; image < images; image++) {
            rows.putInt(image).putInt(0).putInt(0);
            rows.putInt(image).putInt(0).putInt(1);
        }
        return rows.flip();
    }
}

package io.kiln.verification.bench;

import io.kiln.config.KilnConfig;
import io.kiln.images.BadImageException;
import io.kiln.images.Bitmap;
import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.records.Position;
import io.kiln.masking.records.ViewBatch;
import io.kiln.masking.sampling.BatchComposer;
import io.kiln.masking.sampling.ImageMasker;
import io.kiln.masking.sampling.MaskingPlan;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordSerializer;
import io.kiln.schemas.SparseBatch;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What one subtask of the masking job does between Kafka and Kafka, with a clock between the
 * stages. For one thread.
 */
final class MaskingWork implements AutoCloseable {
    /** In place of one that a registry gives. */
    private static final int SCHEMA_ID = 1;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final ImageMasker masker;
    private final BatchComposer composer;
    private final ImageDecoder decoder;
    private final int batchSize;
    private final List<MaskedImage> waiting = new ArrayList<>();
    private final long[] nanos = new long[MaskingStage.values().length];
    private long bytes;
    private long clock;
    private long offset;

    MaskingWork(KilnConfig config) {
        MaskingPlan plan = MaskingPlan.of(config);
        this.masker = new ImageMasker(plan);
        this.composer = new BatchComposer(plan);
        this.decoder =
                new ImageDecoder(
                        new DecodeLimits(
                                config.ingest().maxImageBytes().bytes(),
                                config.masking().maxPixels()),
                        config.input().channels(),
                        plan.scale());
        this.batchSize = plan.masking().batchSize();
    }

    /** An image as a record of images. */
    static byte[] record(String name, byte[] image) {
        return RecordSerializer.write(
                SCHEMA_ID,
                new ImageRecord(name, name, "image/jpeg", ByteBuffer.wrap(image), null, Map.of()));
    }

    /** Masks each record once; batches that are not full at the end are sent too. */
    void pass(List<byte[]> records) throws BadImageException {
        clock = THREADS.getCurrentThreadCpuTime();
        for (byte[] record : records) {
            ImageRecord image =
                    RecordDeserializer.read(
                            record, ImageRecord.getClassSchema(), ImageRecord.class);
            byte[] content = new byte[image.getContent().remaining()];
            image.getContent().get(content);
            count(MaskingStage.READ);
            Bitmap decoded = decoder.decode(content);
            count(MaskingStage.DECODE);
            Position position = new Position("images", 0, offset++);
            waiting.add(masker.mask(position, image.getImageId(), 0, decoded));
            count(MaskingStage.MASK);
            if (waiting.size() == batchSize) {
                send();
            }
        }
        if (!waiting.isEmpty()) {
            send();
        }
    }

    private void send() {
        MaskedImage[] images = waiting.toArray(new MaskedImage[0]);
        waiting.clear();
        for (int view = 0; view < images[0].views().length; view++) {
            SparseBatch batch = composer.compose(new ViewBatch(images, view, 0));
            count(MaskingStage.COMPOSE);
            bytes += RecordSerializer.write(SCHEMA_ID, batch).length;
            count(MaskingStage.WRITE);
        }
    }

    private void count(MaskingStage stage) {
        long now = THREADS.getCurrentThreadCpuTime();
        nanos[stage.ordinal()] += now - clock;
        clock = now;
    }

    /** CPU time of this thread so far. */
    long nanos(MaskingStage stage) {
        return nanos[stage.ordinal()];
    }

    /** Of sparse-batches, so far. */
    long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        decoder.close();
    }
}

package io.kiln.masking.job;

import static io.kiln.kafka.Opened.opened;

import io.kiln.config.MaskingConfig.Duplicates;
import io.kiln.images.BadImageException;
import io.kiln.images.Bitmap;
import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.images.ImageDefect;
import io.kiln.masking.metrics.MaskingMetric;
import io.kiln.masking.order.PerceptualHash;
import io.kiln.masking.records.DeadLetter;
import io.kiln.masking.records.ImageInput;
import io.kiln.masking.records.MaskedImage;
import io.kiln.masking.sampling.Holdout;
import io.kiln.masking.sampling.ImageMasker;
import io.kiln.masking.sampling.MaskingPlan;
import io.kiln.schemas.DeadLetterReason;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordFormatException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * Reads a record, decodes its image, and makes all masked views of it at once. An image that is
 * held out of training goes to {@link #HELD_OUT}, with a single view.
 *
 * <p>A record or an image that cannot be used goes to {@link #DEAD_LETTERS} as it came. A registry
 * that cannot be reached is no fault of the record: it fails the job, which reads the record again
 * after its restart. One that has lost its schemas stops the job for good.
 */
final class DecodeAndMask extends ProcessFunction<ImageInput, MaskedImage> {
    private static final long serialVersionUID = 1L;

    static final OutputTag<DeadLetter> DEAD_LETTERS =
            new OutputTag<>("dead-letters", TypeInformation.of(DeadLetter.class));

    static final OutputTag<MaskedImage> HELD_OUT =
            new OutputTag<>("held-out", TypeInformation.of(MaskedImage.class));

    private final RecordReader reader;
    private final DecodeLimits limits;
    private final MaskingPlan plan;
    private final Holdout holdout;
    private transient @Nullable ImageDecoder decoder;
    private transient @Nullable ImageMasker masker;
    private transient @Nullable ImageMetrics metrics;

    DecodeAndMask(RecordReader reader, DecodeLimits limits, MaskingPlan plan, Holdout holdout) {
        this.reader = reader;
        this.limits = limits;
        this.plan = plan;
        this.holdout = holdout;
    }

    @Override
    public void open(OpenContext context) {
        decoder = new ImageDecoder(limits, plan.input().channels(), plan.scale());
        masker = new ImageMasker(plan);
        metrics = new ImageMetrics(MaskingMetric.group(getRuntimeContext().getMetricGroup()));
    }

    @Override
    public void processElement(ImageInput input, Context context, Collector<MaskedImage> out) {
        String source = "";
        String imageId = "";
        Long sent = context.timestamp();
        if (sent != null) {
            opened(metrics).read(sent);
        }
        try {
            long start = System.nanoTime();
            ImageRecord record = read(input.value());
            source = record.getSource();
            imageId = record.getImageId();
            requireShort(imageId);
            byte[] content = bytes(record.getContent());
            Bitmap image = opened(decoder).decode(content);
            long decoded = System.nanoTime();
            opened(metrics).decoded(decoded - start);
            boolean heldOut = holdout.holds(imageId);
            MaskedImage masked =
                    heldOut
                            ? opened(masker).maskHeldOut(input.position(), imageId, image)
                            : mask(input, imageId, image, content);
            opened(metrics).masked(System.nanoTime() - decoded);
            if (heldOut) {
                opened(metrics).heldOut();
                context.output(HELD_OUT, masked);
            } else {
                out.collect(masked);
            }
        } catch (RecordFormatException e) {
            refuse(input, DeadLetterReason.NOT_A_RECORD, e, source, imageId, context);
        } catch (BadImageException e) {
            refuse(input, reason(e.defect()), e, source, imageId, context);
        }
    }

    private MaskedImage mask(ImageInput input, String imageId, Bitmap image, byte[] content) {
        boolean replays = plan.masking().replay().replays();
        // Also for drop-exact: its state may go on under drop-near.
        boolean hash = replays || plan.masking().duplicates() != Duplicates.KEEP;
        long perceptualHash = hash ? PerceptualHash.of(image) : 0;
        MaskedImage masked = opened(masker).mask(input.position(), imageId, perceptualHash, image);
        return replays ? masked.withContent(content) : masked;
    }

    private void refuse(
            ImageInput input,
            DeadLetterReason reason,
            Exception why,
            String source,
            String imageId,
            Context context) {
        opened(metrics).refused(reason);
        String detail = String.valueOf(why.getMessage());
        context.output(DEAD_LETTERS, new DeadLetter(input, reason, detail, source, imageId));
    }

    /** The reason for a defect of an image: the one of the same name. */
    static DeadLetterReason reason(ImageDefect defect) {
        return DeadLetterReason.valueOf(defect.name());
    }

    private ImageRecord read(byte @Nullable [] value) {
        if (value == null) {
            throw new RecordFormatException("the record has no value; expected an ImageRecord");
        }
        return reader.read(value);
    }

    private static void requireShort(String imageId) {
        int length = imageId.getBytes(StandardCharsets.UTF_8).length;
        if (length > MaskingPlan.MAX_IMAGE_ID_BYTES) {
            throw new RecordFormatException(
                    "imageId has "
                            + length
                            + " bytes; expected at most "
                            + MaskingPlan.MAX_IMAGE_ID_BYTES);
        }
    }

    /** The buffer's own array where it holds nothing else, otherwise a copy. */
    private static byte[] bytes(ByteBuffer buffer) {
        if (!buffer.hasArray()) {
            byte[] copy = new byte[buffer.remaining()];
            buffer.duplicate().get(copy);
            return copy;
        }
        int from = buffer.arrayOffset() + buffer.position();
        boolean whole = from == 0 && buffer.remaining() == buffer.array().length;
        return whole
                ? buffer.array()
                : Arrays.copyOfRange(buffer.array(), from, from + buffer.remaining());
    }

    @Override
    public void close() {
        if (decoder != null) {
            decoder.close();
        }
    }
}

package io.kiln.masking.job;

import io.kiln.images.BadImageException;
import io.kiln.images.Bitmap;
import io.kiln.images.DecodeLimits;
import io.kiln.images.ImageDecoder;
import io.kiln.images.ImageDefect;
import io.kiln.masking.records.DeadLetter;
import io.kiln.masking.records.ImageInput;
import io.kiln.masking.sampling.MaskingPlan;
import io.kiln.schemas.DeadLetterReason;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordFormatException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * Reads the record and decodes its image. Whatever is wrong with either goes to {@link
 * #DEAD_LETTERS} with the record as it came; a registry that cannot be reached is not the record's
 * fault and fails the job, which reads the record again after its restart.
 */
final class DecodeAndMask extends ProcessFunction<ImageInput, DecodedImage> {
    private static final long serialVersionUID = 1L;

    static final OutputTag<DeadLetter> DEAD_LETTERS =
            new OutputTag<>("dead-letters", TypeInformation.of(DeadLetter.class));

    private final RecordReader reader;
    private final DecodeLimits limits;
    private final int channels;
    private transient @Nullable ImageDecoder decoder;
    private transient @Nullable DecodeMetrics metrics;

    /**
     * @param channels of each decoded picture
     */
    DecodeAndMask(RecordReader reader, DecodeLimits limits, int channels) {
        this.reader = reader;
        this.limits = limits;
        this.channels = channels;
    }

    @Override
    public void open(OpenContext context) {
        decoder = new ImageDecoder(limits, channels);
        metrics = new DecodeMetrics(getRuntimeContext().getMetricGroup().addGroup("masking"));
    }

    @Override
    public void processElement(ImageInput image, Context context, Collector<DecodedImage> out) {
        long start = System.nanoTime();
        String source = "";
        String imageId = "";
        try {
            ImageRecord record = read(image.value());
            source = record.getSource();
            imageId = record.getImageId();
            requireShort(imageId);
            Bitmap picture = decoder().decode(bytes(record.getContent()));
            metrics().decoded(System.nanoTime() - start);
            out.collect(new DecodedImage(image.position(), imageId, picture));
        } catch (RecordFormatException e) {
            refuse(image, DeadLetterReason.NOT_A_RECORD, e, source, imageId, context);
        } catch (BadImageException e) {
            refuse(image, reason(e.defect()), e, source, imageId, context);
        }
    }

    private void refuse(
            ImageInput image,
            DeadLetterReason reason,
            Exception why,
            String source,
            String imageId,
            Context context) {
        metrics().refused(reason);
        String detail = String.valueOf(why.getMessage());
        context.output(DEAD_LETTERS, new DeadLetter(image, reason, detail, source, imageId));
    }

    /** The reason that stands for a defect of an image: the one of the same name. */
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

    private ImageDecoder decoder() {
        return Objects.requireNonNull(decoder, "open() comes first");
    }

    private DecodeMetrics metrics() {
        return Objects.requireNonNull(metrics, "open() comes first");
    }

    @Override
    public void close() {
        if (decoder != null) {
            decoder.close();
        }
    }
}

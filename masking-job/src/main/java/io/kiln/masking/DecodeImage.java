package io.kiln.masking;

import io.kiln.masking.image.BadImageException;
import io.kiln.masking.image.DecodeLimits;
import io.kiln.masking.image.ImageDecoder;
import io.kiln.masking.image.Picture;
import io.kiln.masking.image.Reason;
import io.kiln.masking.sampling.MaskingPlan;
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
final class DecodeImage extends ProcessFunction<ImageInput, DecodedImage> {
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
    DecodeImage(RecordReader reader, DecodeLimits limits, int channels) {
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
            Picture picture = decoder().decode(bytes(record.getContent()));
            metrics().decoded(System.nanoTime() - start);
            out.collect(new DecodedImage(image.position(), imageId, picture));
        } catch (BadImageException e) {
            metrics().refused(e.reason());
            String detail = String.valueOf(e.getMessage());
            context.output(
                    DEAD_LETTERS, new DeadLetter(image, e.reason(), detail, source, imageId));
        }
    }

    private ImageRecord read(byte @Nullable [] value) throws BadImageException {
        if (value == null) {
            throw new BadImageException(
                    Reason.NOT_A_RECORD, "the record has no value; expected an ImageRecord");
        }
        try {
            return reader.read(value);
        } catch (RecordFormatException e) {
            throw new BadImageException(Reason.NOT_A_RECORD, String.valueOf(e.getMessage()), e);
        }
    }

    private static void requireShort(String imageId) throws BadImageException {
        int length = imageId.getBytes(StandardCharsets.UTF_8).length;
        if (length > MaskingPlan.MAX_IMAGE_ID_BYTES) {
            throw new BadImageException(
                    Reason.NOT_A_RECORD,
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

package io.kiln.masking;

import io.kiln.config.KilnConfig;
import io.kiln.flink.KafkaSettings;
import io.kiln.masking.BadImageException.Reason;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.RecordFormatException;
import java.util.EnumMap;
import java.util.Map;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/** Records to pictures; what cannot be decoded goes to a side output with its reason. */
final class DecodeImage extends ProcessFunction<ImageInput, DecodedImage> {
    private static final long serialVersionUID = 1L;

    static final OutputTag<DeadLetter> DEAD_LETTERS =
            new OutputTag<>("dead-letters") {
                private static final long serialVersionUID = 1L;
            };

    private final KilnConfig config;
    private transient @Nullable Work work;

    /** What lives on the task manager only. */
    private record Work(
            RecordDeserializer<ImageRecord> deserializer,
            ImageDecoder decoder,
            Counter decoded,
            Map<Reason, Counter> deadLetters) {}

    DecodeImage(KilnConfig config) {
        this.config = config;
    }

    @Override
    public void open(OpenContext context) {
        var metrics = getRuntimeContext().getMetricGroup().addGroup("masking");
        Map<Reason, Counter> deadLetters = new EnumMap<>(Reason.class);
        for (Reason reason : Reason.values()) {
            deadLetters.put(reason, metrics.addGroup("deadLetters").counter(reason.code()));
        }
        work =
                new Work(
                        new RecordDeserializer<>(KafkaSettings.registry(config), ImageRecord.class),
                        new ImageDecoder(config.masking().maxPixels()),
                        metrics.counter("imagesDecoded"),
                        deadLetters);
    }

    @Override
    public void processElement(ImageInput input, Context context, Collector<DecodedImage> out) {
        Work w = java.util.Objects.requireNonNull(work, "open() comes first");
        String source = null;
        try {
            ImageRecord record = record(input, w.deserializer);
            source = record.getSource();
            Picture picture = w.decoder.decode(content(record));
            out.collect(
                    new DecodedImage(
                            new ImageOrigin(
                                    record.getImageId(),
                                    input.topic(),
                                    input.partition(),
                                    input.offset()),
                            picture));
            w.decoded.inc();
        } catch (BadImageException e) {
            context.output(
                    DEAD_LETTERS,
                    new DeadLetter(
                            input, e.reason().code(), String.valueOf(e.getMessage()), source));
            java.util.Objects.requireNonNull(w.deadLetters.get(e.reason())).inc();
        }
    }

    private static ImageRecord record(
            ImageInput input, RecordDeserializer<ImageRecord> deserializer)
            throws BadImageException {
        byte[] value = input.value();
        if (value == null) {
            throw new BadImageException(Reason.NOT_A_RECORD, "the record has no value");
        }
        try {
            return deserializer.read(value);
        } catch (RecordFormatException e) {
            throw new BadImageException(Reason.NOT_A_RECORD, String.valueOf(e.getMessage()), e);
        }
    }

    private byte[] content(ImageRecord record) throws BadImageException {
        int size = record.getContent().remaining();
        long largest = config.ingest().maxImageBytes().bytes();
        if (size > largest) {
            throw new BadImageException(
                    Reason.TOO_MANY_BYTES,
                    size + " bytes are more than ingest.maxImageBytes = " + largest);
        }
        byte[] bytes = new byte[size];
        record.getContent().duplicate().get(bytes);
        return bytes;
    }
}

package io.kiln.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Evaluation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.JsonEncoder;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;

/**
 * Checkpoint events and evaluations in Avro's JSON encoding, with the field names of the schema.
 */
public final class EventJson {
    private EventJson() {}

    /** The event on one line. */
    public static String line(CheckpointEvent event) {
        return line(event, new SpecificDatumWriter<>(CheckpointEvent.class));
    }

    /** The evaluation on one line. */
    public static String line(Evaluation evaluation) {
        return line(evaluation, new SpecificDatumWriter<>(Evaluation.class));
    }

    private static <T extends SpecificRecord> String line(T value, SpecificDatumWriter<T> writer) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            JsonEncoder encoder = EncoderFactory.get().jsonEncoder(value.getSchema(), bytes);
            writer.write(value, encoder);
            encoder.flush();
            return bytes.toString(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
    }
}

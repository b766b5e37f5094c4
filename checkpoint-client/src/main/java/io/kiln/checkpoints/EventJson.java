package io.kiln.checkpoints;

import io.kiln.schemas.CheckpointEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.JsonEncoder;
import org.apache.avro.specific.SpecificDatumWriter;

/** Checkpoint events in Avro's JSON encoding, with the field names of the schema. */
public final class EventJson {
    private EventJson() {}

    /** The event on one line. */
    public static String line(CheckpointEvent event) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            JsonEncoder encoder =
                    EncoderFactory.get().jsonEncoder(CheckpointEvent.getClassSchema(), bytes);
            new SpecificDatumWriter<>(CheckpointEvent.class).write(event, encoder);
            encoder.flush();
            return bytes.toString(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
    }
}

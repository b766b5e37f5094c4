package io.kiln.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;

/** Batches of Kilns that knew bytes alone. */
class SparseBatchEvolutionTest {
    private static final Set<String> ADDED = Set.of("sampleType", "valueRange");

    @Test
    void batchesWithoutASampleTypeAreOfBytes() throws Exception {
        Schema now = SparseBatch.getClassSchema();
        List<Schema.Field> fields =
                now.getFields().stream()
                        .filter(field -> !ADDED.contains(field.name()))
                        .map(field -> new Schema.Field(field, field.schema()))
                        .toList();
        Schema before =
                Schema.createRecord(now.getName(), now.getDoc(), now.getNamespace(), false, fields);
        GenericRecord geometry = new GenericData.Record(now.getField("geometry").schema());
        geometry.getSchema().getFields().forEach(field -> geometry.put(field.pos(), 32));
        GenericRecord batch = new GenericData.Record(before);
        batch.put("batchId", "old");
        batch.put("geometry", geometry);
        batch.put("maskRatio", 0.6);
        batch.put("seed", 42L);
        batch.put("images", List.of());
        for (String bytes : List.of("coordinates", "visiblePatches", "maskedPatches")) {
            batch.put(bytes, ByteBuffer.wrap(new byte[] {1, 2}));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(before).write(batch, encoder);
        encoder.flush();
        GenericRecord read =
                new GenericDatumReader<GenericRecord>(before, now)
                        .read(null, DecoderFactory.get().binaryDecoder(out.toByteArray(), null));
        assertThat(read.get("batchId")).hasToString("old");
        assertThat(read.get("sampleType")).hasToString("UINT8");
        assertThat(read.get("valueRange")).hasToString("[]");
    }
}

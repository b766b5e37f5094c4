package io.kiln.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.TestRecords;
import java.nio.file.Path;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.junit.jupiter.api.Test;

class EventJsonTest {
    private static final CheckpointEvent EVENT =
            TestRecords.event("tiny", "run-1", 2, 20)
                    .setFiles(
                            List.of(
                                    TestRecords.encoder(
                                            Path.of("/data/model.safetensors"), new byte[3])))
                    .build();

    @Test
    void eventIsOneLineWithTheFieldsOfTheSchema() {
        String line = EventJson.line(EVENT);
        assertThat(line).doesNotContain("\n").startsWith("{\"eventId\":\"run-1-v2-candidate\",");
        for (Schema.Field field : CheckpointEvent.getClassSchema().getFields()) {
            assertThat(line).contains("\"" + field.name() + "\":");
        }
        assertThat(line)
                .contains("\"version\":2,")
                .contains("\"maskRatio\":null")
                .contains("\"status\":\"CANDIDATE\"")
                .contains("\"uri\":\"file:///data/model.safetensors\"");
    }

    @Test
    void anyAvroLibraryReadsItBack() throws Exception {
        Schema schema = CheckpointEvent.getClassSchema();
        GenericRecord read =
                new GenericDatumReader<GenericRecord>(schema)
                        .read(
                                null,
                                DecoderFactory.get().jsonDecoder(schema, EventJson.line(EVENT)));
        assertThat(read.get("parentVersion")).isEqualTo(1L);
        assertThat(read.get("createdAt")).isEqualTo(EVENT.getCreatedAt().toEpochMilli());
        assertThat(read.get("status")).hasToString("CANDIDATE");
    }
}

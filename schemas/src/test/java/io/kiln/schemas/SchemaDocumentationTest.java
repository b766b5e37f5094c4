package io.kiln.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.avro.Schema;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SchemaDocumentationTest {
    static List<Schema> schemas() {
        return List.of(
                ImageRecord.getClassSchema(),
                SparseBatch.getClassSchema(),
                Geometry.getClassSchema(),
                ImageOrigin.getClassSchema(),
                TrainingStep.getClassSchema(),
                CheckpointEvent.getClassSchema(),
                OffsetRange.getClassSchema(),
                CheckpointFile.getClassSchema(),
                InputSpec.getClassSchema());
    }

    @ParameterizedTest
    @MethodSource("schemas")
    void everyFieldSaysWhatItIs(Schema schema) {
        assertThat(schema.getDoc()).isNotBlank();
        assertThat(schema.getFields())
                .allSatisfy(field -> assertThat(field.doc()).as(field.name()).isNotBlank());
    }
}

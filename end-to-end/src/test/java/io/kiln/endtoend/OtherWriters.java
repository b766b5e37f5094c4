package io.kiln.endtoend;

import io.kiln.config.KilnConfig;
import io.kiln.images.TestImages;
import io.kiln.kafka.Clients;
import io.kiln.schemas.ImageRecord;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** Writes image records with other versions of the schema. */
final class OtherWriters {
    private OtherWriters() {}

    /** A record of a version without attributes and time. */
    static byte[] older(KilnConfig config, int number) throws IOException {
        Stream<Schema.Field> fields =
                ImageRecord.getClassSchema().getFields().stream()
                        .filter(
                                f ->
                                        !f.name().equals("attributes")
                                                && !f.name().equals("capturedAt"));
        return encode(config, picture(schema(fields), number));
    }

    /** A record of a version with an additional field. */
    static byte[] newer(KilnConfig config, int number) throws IOException {
        Schema.Field more =
                new Schema.Field("camera", Schema.create(Schema.Type.STRING), "Which.", "");
        Stream<Schema.Field> fields =
                Stream.concat(ImageRecord.getClassSchema().getFields().stream(), Stream.of(more));
        GenericRecord picture = picture(schema(fields), number);
        picture.put("attributes", Map.of());
        picture.put("camera", "north");
        return encode(config, picture);
    }

    private static Schema schema(Stream<Schema.Field> fields) {
        Schema current = ImageRecord.getClassSchema();
        return Schema.createRecord(
                current.getName(),
                current.getDoc(),
                current.getNamespace(),
                false,
                fields.map(f -> new Schema.Field(f, f.schema())).toList());
    }

    private static GenericRecord picture(Schema schema, int number) {
        GenericRecord record = new GenericData.Record(schema);
        record.put("imageId", "picture-" + number);
        record.put("source", "test:" + number);
        record.put("contentType", "image/jpeg");
        record.put("content", ByteBuffer.wrap(TestImages.encoded("jpg", 80, number)));
        return record;
    }

    private static byte[] encode(KilnConfig config, GenericRecord record) throws IOException {
        String subject = config.topics().images() + "-value";
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream prefix = new DataOutputStream(bytes);
        prefix.writeByte(0);
        prefix.writeInt(Clients.registry(config).register(subject, record.getSchema()));
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
        new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
        return bytes.toByteArray();
    }
}

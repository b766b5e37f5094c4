package io.kiln.ingest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/** Parquet tables of one column of images. */
final class Tables {
    private static final MessageType IMAGES =
            MessageTypeParser.parseMessageType("message m { optional binary image; }");

    private Tables() {}

    /** Writes a row an image, and a last row without bytes; a page ends after a megabyte. */
    static void write(Path file, List<byte[]> images) throws IOException {
        try (ParquetWriter<Group> writer =
                ExampleParquetWriter.builder(new LocalOutputFile(file))
                        .withConf(new PlainParquetConfiguration())
                        .withType(IMAGES)
                        .withMinRowCountForPageSizeCheck(1)
                        .build()) {
            SimpleGroupFactory groups = new SimpleGroupFactory(IMAGES);
            for (byte[] image : images) {
                Group row = groups.newGroup();
                row.append("image", Binary.fromConstantByteArray(image));
                writer.write(row);
            }
            writer.write(groups.newGroup());
        }
    }
}

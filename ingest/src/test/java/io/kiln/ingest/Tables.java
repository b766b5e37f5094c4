package io.kiln.ingest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/** Parquet tables of one column of images, or of lists of them. */
final class Tables {
    private static final MessageType IMAGES =
            MessageTypeParser.parseMessageType("message m { optional binary image; }");

    /** A column of lists of images. */
    static final MessageType LISTS =
            MessageTypeParser.parseMessageType(
                    """
                    message m {
                      optional group image (LIST) {
                        repeated group list {
                          optional binary element;
                        }
                      }
                    }
                    """);

    private Tables() {}

    /** Writes a file that is nothing but a footer. */
    static void writeFooter(Path file, byte[] footer) throws IOException {
        byte[] magic = "PAR1".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer bytes =
                ByteBuffer.allocate(footer.length + 12)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .put(magic)
                        .put(footer)
                        .putInt(footer.length)
                        .put(magic);
        Files.write(file, bytes.array());
    }

    /** Writes one row, a list whose elements are all the same. */
    static void writeList(Path file, int elements, Optional<byte[]> element) throws IOException {
        try (ParquetWriter<Group> writer =
                ExampleParquetWriter.builder(new LocalOutputFile(file))
                        .withConf(new PlainParquetConfiguration())
                        .withType(LISTS)
                        .build()) {
            Group row = new SimpleGroupFactory(LISTS).newGroup();
            Group list = row.addGroup("image");
            for (int i = 0; i < elements; i++) {
                Group holder = list.addGroup("list");
                element.ifPresent(e -> holder.append("element", Binary.fromConstantByteArray(e)));
            }
            writer.write(row);
        }
    }

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

package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.images.TestImages;
import io.kiln.ingest.Refusal.Reason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.Util;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ParquetRowsTest {
    /** As Hugging Face's datasets write images. */
    private static final MessageType HUGGING_FACE =
            MessageTypeParser.parseMessageType(
                    """
                    message schema {
                      optional int64 label;
                      optional group image {
                        optional binary bytes;
                        optional binary path (STRING);
                      }
                    }
                    """);

    @TempDir Path folder;

    private interface Row {
        void fill(int number, Group row) throws IOException;
    }

    private Path write(
            MessageType schema, CompressionCodecName codec, long groupBytes, int rows, Row row)
            throws IOException {
        Path file = folder.resolve("table");
        Files.deleteIfExists(file);
        try (ParquetWriter<Group> writer =
                ExampleParquetWriter.builder(new LocalOutputFile(file))
                        .withConf(new PlainParquetConfiguration())
                        .withType(schema)
                        .withCompressionCodec(codec)
                        .withRowGroupSize(groupBytes)
                        .build()) {
            SimpleGroupFactory groups = new SimpleGroupFactory(schema);
            for (int i = 0; i < rows; i++) {
                Group group = groups.newGroup();
                row.fill(i, group);
                writer.write(group);
            }
        }
        return file;
    }

    private Path huggingFace(CompressionCodecName codec, long groupBytes, int rows)
            throws IOException {
        return write(
                HUGGING_FACE,
                codec,
                groupBytes,
                rows,
                (number, row) -> {
                    row.append("label", (long) number);
                    Group image = row.addGroup("image");
                    image.append("bytes", Binary.fromConstantByteArray(TestImages.png(number)));
                    image.append("path", "cats/" + number + ".png");
                });
    }

    private static Found found(Path file) throws InterruptedException {
        return Found.in(PathSource.of(file));
    }

    private String name(String row) {
        return folder.resolve("table") + "!" + row;
    }

    @ParameterizedTest
    @EnumSource(names = {"UNCOMPRESSED", "SNAPPY", "ZSTD"})
    void imagesOfAllRowGroupsAreFoundInOrderWithTheirPaths(CompressionCodecName codec)
            throws Exception {
        Path file = huggingFace(codec, 2000, 200);
        Found found = found(file);
        assertThat(found.refusals).isEmpty();
        assertThat(found.candidates).hasSize(200);
        int number = 0;
        for (var candidate : found.candidates.entrySet()) {
            assertThat(candidate.getKey()).isEqualTo(name(number + "/cats/" + number + ".png"));
            assertThat(candidate.getValue()).isEqualTo(TestImages.png(number));
            number++;
        }
        assertThat(found.consumed).isEqualTo(Files.size(file));
    }

    private Path plain(String columns, String filled) throws IOException {
        return write(
                MessageTypeParser.parseMessageType("message m {" + columns + "}"),
                CompressionCodecName.SNAPPY,
                1 << 20,
                2,
                (number, row) ->
                        row.append(filled, Binary.fromConstantByteArray(TestImages.png(number))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "optional binary data; optional binary text (STRING);",
                "optional binary data; optional int32 label;",
                "required binary data;"
            })
    void onlyColumnOfBytesIsTaken(String columns) throws Exception {
        assertThat(found(plain(columns, "data")).candidates).containsOnlyKeys(name("0"), name("1"));
    }

    @Test
    void ofSeveralTheOneWithAUsualNameIsTaken() throws Exception {
        Path file = plain("optional binary mask; optional binary Image;", "Image");
        assertThat(found(file).candidates.values())
                .containsExactly(TestImages.png(0), TestImages.png(1));
    }

    @Test
    void tableWhoseColumnIsNotClearIsRefusedWithItsColumns() throws Exception {
        Path several = plain("optional binary left; optional binary right;", "left");
        assertThat(found(several).refusals)
                .singleElement()
                .asString()
                .contains("more than one column", "left (BINARY)", "right (BINARY)");
        Path none =
                write(
                        MessageTypeParser.parseMessageType("message m { required int32 label; }"),
                        CompressionCodecName.SNAPPY,
                        1 << 20,
                        1,
                        (number, row) -> row.append("label", number));
        assertThat(found(none).refusals).singleElement().asString().contains("no column", "label");
    }

    @Test
    void rowsWithoutBytesAreRefusedOneByOne() throws Exception {
        Path file =
                write(
                        HUGGING_FACE,
                        CompressionCodecName.SNAPPY,
                        1 << 20,
                        3,
                        (number, row) -> {
                            if (number == 1) {
                                row.addGroup("image").append("path", "elsewhere.png");
                            } else if (number == 2) {
                                row.addGroup("image")
                                        .append(
                                                "bytes",
                                                Binary.fromConstantByteArray(TestImages.png(2)));
                            }
                        });
        Found found = found(file);
        assertThat(found.candidates).containsOnlyKeys(name("2"));
        assertThat(found.refusals)
                .extracting(refusal -> refusal.origin().name())
                .containsExactly(name("0"), name("1/elsewhere.png"));
        assertThat(found.refusals)
                .allMatch(refusal -> refusal.detail().contains("a path alone is not followed"));
    }

    @Test
    void rowOfMoreElementsThanMemoryIsForIsRefused() throws Exception {
        Path file =
                write(
                        Tables.LISTS,
                        CompressionCodecName.ZSTD,
                        1 << 20,
                        2,
                        (number, row) -> {
                            Group list = row.addGroup("image");
                            for (int i = 0; i < (number == 0 ? 50_000 : 200_000); i++) {
                                list.addGroup("list");
                            }
                        });
        Found found = found(file);
        assertThat(found.refusals).hasSize(50_001);
        assertThat(found.refusals.get(50_000).reason()).isEqualTo(Reason.BROKEN_ARCHIVE);
        assertThat(found.refusals.get(50_000).detail())
                .contains("nothing after member 1", "more than 100000 structs and elements");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "repeated group image { optional binary bytes; }",
                "repeated group image { repeated group list { optional binary element; } }"
            })
    void listThatIsNoneOfTheFormatIsNoColumnOfImages(String columns) throws Exception {
        Path file =
                write(
                        MessageTypeParser.parseMessageType("message m {" + columns + "}"),
                        CompressionCodecName.SNAPPY,
                        1 << 20,
                        1,
                        (number, row) -> {});
        assertThat(found(file).reasons()).containsExactly(Reason.NOT_AN_IMAGE);
    }

    @Test
    void tableThatIsCutOffIsRefused() throws Exception {
        Path file = huggingFace(CompressionCodecName.SNAPPY, 2000, 200);
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        assertThat(found(file).reasons()).containsExactly(Reason.BROKEN_ARCHIVE);
    }

    /** The footer is the only place that tells how many rows there are in all. */
    @Test
    void tableThatTellsOfMoreRowsThanItHoldsIsRefusedAtItsEnd() throws Exception {
        Path file = huggingFace(CompressionCodecName.SNAPPY, 2000, 20);
        byte[] whole = Files.readAllBytes(file);
        ByteBuffer tail = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
        int footer = whole.length - 8 - tail.getInt(whole.length - 8);
        FileMetaData told =
                Util.readFileMetaData(
                        new ByteArrayInputStream(whole, footer, whole.length - footer));
        ByteArrayOutputStream changed = new ByteArrayOutputStream();
        changed.write(whole, 0, footer);
        Util.writeFileMetaData(told.setNum_rows(25), changed);
        int length = changed.size() - footer;
        changed.write(
                ByteBuffer.allocate(8)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(length)
                        .put(whole, 0, 4)
                        .array());
        Found found = found(Files.write(file, changed.toByteArray()));
        assertThat(found.candidates).hasSize(20);
        assertThat(found.reasons()).containsExactly(Reason.BROKEN_ARCHIVE);
        assertThat(found.refusals.get(0).detail())
                .contains("nothing after member 20", "states 25 rows, its row groups have 20");
    }

    /** The footer of a table whose schema nests groups, each in the one before it. */
    @Test
    void tableOfEndlesslyNestedGroupsIsRefused() throws Exception {
        HexFormat hex = HexFormat.of();
        ByteArrayOutputStream footer = new ByteArrayOutputStream();
        footer.write(hex.parseHex("150219fc808001")); // version 1; a schema of 16,384 elements
        footer.write(hex.parseHex("480172150200")); // r, which has one child
        for (int i = 0; i < 16_382; i++) {
            footer.write(hex.parseHex("3500180167150200")); // required g, which has one child
        }
        footer.write(hex.parseHex("150c250018016200")); // required binary b
        footer.write(hex.parseHex("1600190c00")); // no rows, no row groups
        Path file = folder.resolve("table");
        Tables.writeFooter(file, footer.toByteArray());
        assertThat(found(file).reasons()).containsExactly(Reason.BROKEN_ARCHIVE);
    }

    /** Whatever is changed, nothing is thrown, and what is found is found under a row's name. */
    @Test
    void mutatedTablesNeverEndTheVisit() throws Exception {
        Path file = huggingFace(CompressionCodecName.SNAPPY, 2000, 60);
        byte[] whole = Files.readAllBytes(file);
        Random random = new Random(1);
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            byte[] mutated = whole.clone();
            for (int change = random.nextInt(4); change >= 0; change--) {
                mutated[4 + random.nextInt(mutated.length - 4)] = (byte) random.nextInt(256);
            }
            Files.write(file, mutated);
            refused += found(file).refusals.isEmpty() ? 0 : 1;
        }
        assertThat(refused).isBetween(1, 300);
    }
}

package io.kiln.ingest;

import io.kiln.ingest.ImageSource.Visitor;
import io.kiln.ingest.Refusal.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;

/**
 * The images of a Parquet table, in the order of its rows; other columns are not read. In memory is
 * one row group's column of images at a time, as it is stored, and of it one page decompressed.
 */
final class ParquetRows {
    /** Of a row group's images, stored or decompressed. Writers make them of some 100 MB. */
    private static final long MOST_BYTES = 1L << 30;

    /** What needs no Hadoop. */
    private static final Set<CompressionCodecName> CODECS =
            Set.of(
                    CompressionCodecName.UNCOMPRESSED,
                    CompressionCodecName.SNAPPY,
                    CompressionCodecName.ZSTD);

    private final Origin table;
    private final ParquetFileReader reader;
    private final ParquetImages images;
    private final Visitor visitor;
    private long rows;

    private ParquetRows(Origin table, ParquetFileReader reader, Visitor visitor) {
        this.table = table;
        this.reader = reader;
        this.images = ParquetImages.of(reader.getFileMetaData().getSchema());
        this.visitor = visitor;
    }

    /**
     * @param file the table; its opener closes it
     */
    static void visit(
            Origin table, SeekableByteChannel file, Visitor visitor, Consumption consumption)
            throws InterruptedException {
        long before = 0;
        ParquetRows rows = null;
        try (ParquetFileReader reader = UntrustedInputStream.guarded(() -> open(file))) {
            try {
                rows = new ParquetRows(table, reader, visitor);
            } catch (IngestException e) {
                visitor.refused(
                        new Refusal(table, Reason.NOT_AN_IMAGE, String.valueOf(e.getMessage())));
                return;
            }
            reader.setRequestedSchema(rows.images.schema());
            for (BlockMetaData group : reader.getRowGroups()) {
                rows.visit(group);
                before += group.getCompressedSize();
                consumption.upTo(before);
            }
        } catch (IOException e) {
            visitor.refused(Unreadable.restOf(table, rows == null ? 0 : rows.rows, e));
        }
    }

    private static ParquetFileReader open(SeekableByteChannel file) throws IOException {
        return ParquetFileReader.open(
                new ChannelInputFile(file),
                ParquetReadOptions.builder(new PlainParquetConfiguration()).build());
    }

    private void visit(BlockMetaData group) throws IOException, InterruptedException {
        requireReadable(group);
        PageReadStore pages = UntrustedInputStream.guarded(reader::readNextRowGroup);
        if (pages == null) {
            throw new IOException("a row group is missing");
        }
        RecordReader<Group> records =
                UntrustedInputStream.guarded(
                        () ->
                                new ColumnIOFactory()
                                        .getColumnIO(images.schema())
                                        .getRecordReader(
                                                pages, new GroupRecordConverter(images.schema())));
        for (long row = 0; row < group.getRowCount(); row++) {
            Interrupts.check();
            Group record = UntrustedInputStream.guarded(records::read);
            if (record == null) {
                throw new IOException("the row is missing");
            }
            visit(record);
            rows++;
        }
    }

    private void visit(Group row) throws InterruptedException {
        String number = Long.toString(rows);
        Origin origin =
                table.member(images.path(row).map(path -> number + "/" + path).orElse(number));
        Optional<byte[]> bytes = images.bytes(row);
        if (bytes.isPresent()) {
            visitor.candidate(origin, new ByteArrayInputStream(bytes.get()));
        } else {
            visitor.refused(
                    new Refusal(
                            origin,
                            Reason.UNREADABLE,
                            "the row holds no bytes of an image in column "
                                    + images.column()
                                    + "; a path alone is not followed"));
        }
    }

    private void requireReadable(BlockMetaData group) throws IOException {
        List<ColumnChunkMetaData> needed =
                group.getColumns().stream()
                        .filter(chunk -> chunk.getPath().toArray()[0].equals(images.column()))
                        .toList();
        for (ColumnChunkMetaData chunk : needed) {
            if (!CODECS.contains(chunk.getCodec())) {
                throw new IOException(
                        "compressed with "
                                + chunk.getCodec()
                                + ", which Kiln does not read in tables; expected none, snappy or"
                                + " zstd");
            }
            long bytes = Math.max(chunk.getTotalSize(), chunk.getTotalUncompressedSize());
            if (bytes > MOST_BYTES) {
                throw new IOException(
                        "a row group holds "
                                + bytes
                                + " bytes of images; expected at most "
                                + MOST_BYTES
                                + ". Write the table with fewer rows a group");
            }
        }
    }
}

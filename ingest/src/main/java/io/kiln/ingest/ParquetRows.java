package io.kiln.ingest;

import io.kiln.ingest.ImageSource.Visitor;
import io.kiln.ingest.ParquetColumn.RowImage;
import io.kiln.ingest.Refusal.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.ColumnPath;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;

/**
 * The images of a Parquet table, in the order of its rows; other columns are not read. In memory is
 * one page of each column of images at a time, however large the row groups are.
 */
final class ParquetRows {
    private final Origin table;
    private final SeekableByteChannel file;
    private final ParquetColumns columns;
    private final Visitor visitor;
    private long rows;

    private ParquetRows(
            Origin table, SeekableByteChannel file, ParquetColumns columns, Visitor visitor) {
        this.table = table;
        this.file = file;
        this.columns = columns;
        this.visitor = visitor;
    }

    /**
     * @param file the table; its opener closes it
     */
    static void visit(
            Origin table, SeekableByteChannel file, Visitor visitor, Consumption consumption)
            throws InterruptedException {
        ParquetRows rows = null;
        try (ParquetFileReader reader = UntrustedInputStream.guarded(() -> open(file))) {
            ParquetColumns columns;
            try {
                columns =
                        ParquetColumns.of(
                                reader.getFileMetaData().getSchema(), visitor.tableColumns());
            } catch (IngestException e) {
                visitor.refused(
                        new Refusal(table, Reason.NOT_AN_IMAGE, String.valueOf(e.getMessage())));
                return;
            }
            rows = new ParquetRows(table, file, columns, visitor);
            long told = UntrustedInputStream.guarded(() -> ParquetFooter.rows(file));
            rows.visit(reader.getRowGroups(), told, consumption);
        } catch (IOException e) {
            visitor.refused(Unreadable.restOf(table, rows == null ? 0 : rows.rows, e));
        }
    }

    private static ParquetFileReader open(SeekableByteChannel file) throws IOException {
        try {
            return ParquetFileReader.open(
                    new ChannelInputFile(file),
                    ParquetReadOptions.builder(new PlainParquetConfiguration()).build());
        } catch (OutOfMemoryError e) {
            // Thrift allocates lists as long as the footer claims they are.
            throw new IOException("the table footer needs more memory than there is", e);
        }
    }

    private void visit(List<BlockMetaData> groups, long told, Consumption consumption)
            throws IOException, InterruptedException {
        long before = 0;
        for (BlockMetaData group : groups) {
            if (group.getRowCount() > 0) {
                visit(group);
            }
            before += group.getCompressedSize();
            consumption.upTo(before);
        }
        if (rows != told) {
            throw new IOException(
                    "the table footer states " + told + " rows, its row groups have " + rows);
        }
    }

    private void visit(BlockMetaData group) throws IOException, InterruptedException {
        RecordReader<Group> records =
                UntrustedInputStream.guarded(
                        () ->
                                new ColumnIOFactory()
                                        .getColumnIO(columns.schema())
                                        .getRecordReader(
                                                pages(group), new BoundedRows(columns.schema())));
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

    private PageReadStore pages(BlockMetaData group) throws IOException {
        Map<ColumnPath, ColumnChunkMetaData> chunks = new HashMap<>();
        group.getColumns().forEach(chunk -> chunks.put(chunk.getPath(), chunk));
        Map<ColumnDescriptor, PageReader> pages = new HashMap<>();
        for (ColumnDescriptor column : columns.schema().getColumns()) {
            ColumnChunkMetaData chunk = chunks.get(ColumnPath.get(column.getPath()));
            if (chunk == null) {
                throw new IOException(
                        "a row group lacks column " + String.join(".", column.getPath()));
            }
            ParquetCodec.requireKnown(chunk.getCodec());
            if (column.getMaxRepetitionLevel() == 0
                    && chunk.getValueCount() != group.getRowCount()) {
                throw new IOException(
                        "a row group of "
                                + group.getRowCount()
                                + " rows has "
                                + chunk.getValueCount()
                                + " values in column "
                                + String.join(".", column.getPath()));
            }
            pages.put(column, new ParquetPages(file, column, chunk));
        }
        return new Pages(pages, group.getRowCount());
    }

    private record Pages(Map<ColumnDescriptor, PageReader> readers, long rows)
            implements PageReadStore {
        @Override
        public PageReader getPageReader(ColumnDescriptor column) {
            PageReader reader = readers.get(column);
            if (reader == null) {
                throw new IllegalArgumentException("column " + column + " was not asked for");
            }
            return reader;
        }

        @Override
        public long getRowCount() {
            return rows;
        }
    }

    private void visit(Group row) throws InterruptedException {
        for (RowImage image : columns.images(row)) {
            String name = rows + (image.name().isEmpty() ? "" : "/" + image.name());
            Origin origin = table.member(name);
            if (image.content().isPresent()) {
                byte[] content = image.content().get().getBytesUnsafe();
                visitor.candidate(origin, new ByteArrayInputStream(content));
            } else {
                visitor.refused(
                        new Refusal(
                                origin,
                                Reason.UNREADABLE,
                                "the row holds no bytes of an image in column "
                                        + columns.names()
                                        + "; a path alone is not followed"));
            }
        }
    }
}
